import { benchTrainStep } from '../lib/train-step.mjs'

await benchTrainStep({ bench: 'train-step', variant: 'b0', activation: 'silu', tuned: true })
