import { expect, it } from 'vitest'
import { configSchema } from '../config/config.js'
import { PredictionError } from '../errors.js'
import { refuseUnknownControls } from './model-data.js'

it('refuses a model with classes of controls where nothing says how many are treatments', () => {
  const modelOf = (batches: object) => ({
    config: configSchema.parse({ batches, store: { path: 'stores/gone', tile: [64, 64] } }),
    folder: 'runs/model',
  })
  for (const batches of [{ controls: true }, { controls: 'all' }, { pairs: 'control' }]) {
    expect(() => refuseUnknownControls(modelOf(batches))).toThrow(PredictionError)
    expect(() => refuseUnknownControls(modelOf(batches))).toThrow(
      /runs\/model has classes of controls too.*stores\/gone.*screen.classNames/,
    )
  }
  expect(() => refuseUnknownControls(modelOf({}))).not.toThrow()
})
