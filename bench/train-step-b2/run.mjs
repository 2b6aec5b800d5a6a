import { benchTrainStep } from '../lib/train-step.mjs'

await benchTrainStep({ bench: 'train-step-b2', variant: 'b2', activation: 'silu' })
