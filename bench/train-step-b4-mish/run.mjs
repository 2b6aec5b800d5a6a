import { benchTrainStep } from '../lib/train-step.mjs'

await benchTrainStep({ bench: 'train-step-b4-mish', variant: 'b4', activation: 'mish' })
