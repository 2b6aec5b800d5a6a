import { benchTrainStep } from '../lib/train-step.mjs'

await benchTrainStep({ bench: 'train-step-b4', variant: 'b4', activation: 'silu' })
