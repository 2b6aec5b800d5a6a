import { benchTrainStep } from '../lib/train-step.mjs'

await benchTrainStep({ bench: 'train-step-b2-mish', variant: 'b2', activation: 'mish' })
