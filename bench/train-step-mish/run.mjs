import { benchTrainStep } from '../lib/train-step.mjs'

await benchTrainStep({ bench: 'train-step-mish', variant: 'b0', activation: 'mish' })
