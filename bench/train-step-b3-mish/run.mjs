import { benchTrainStep } from '../lib/train-step.mjs'

await benchTrainStep({ bench: 'train-step-b3-mish', variant: 'b3', activation: 'mish' })
