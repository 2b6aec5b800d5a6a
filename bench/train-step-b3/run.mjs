import { benchTrainStep } from '../lib/train-step.mjs'

await benchTrainStep({ bench: 'train-step-b3', variant: 'b3', activation: 'silu' })
