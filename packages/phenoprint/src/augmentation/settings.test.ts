import { describe, expect, it } from 'vitest'
import { configSchema } from '../config/config.js'
import { augmentationSettings } from './settings.js'

const size = { height: 16, width: 16 }

function settingsOf(augmentation: object, batches: object = {}) {
  const config = configSchema.parse({ augmentation, batches })
  return augmentationSettings(config, { channels: 2, imageShape: size, tileShape: size })
}

describe('augmentationSettings', () => {
  it('are null where nothing is asked for', () => {
    expect(settingsOf({})).toBeNull()
    expect(settingsOf({ interpolation: 'nearest' })).toBeNull()
    for (const one of [{ tile: 'random' }, { zoomCrop: {} }, { rotation: {} }, { blur: {} }]) {
      expect(settingsOf(one)).not.toBeNull()
    }
    for (const one of [{ gain: 0.1 }, { offset: 0.1 }, { cutMix: {} }, { mixup: {} }]) {
      expect(settingsOf(one)).not.toBeNull()
    }
  })

  it('refuse to mix pairs, and to mix more often than always', () => {
    expect(() => settingsOf({ mixup: {} }, { pairs: 'control' })).toThrow(
      /augmentation: got mixup and batches\.pairs: control, expected one of them/,
    )
    expect(settingsOf({ rotation: {} }, { pairs: 'control' })).not.toBeNull()
    expect(() => settingsOf({ cutMix: { probability: 0.7 }, mixup: { probability: 0.4 } })).toThrow(
      /expected a sum of 1 at most/,
    )
  })

  it('of the configuration are ranges from the smaller to the larger number', () => {
    expect(configSchema.safeParse({ augmentation: { zoomCrop: { side: [1, 0.5] } } }).success).toBe(
      false,
    )
    expect(
      configSchema.safeParse({ augmentation: { zoomCrop: { side: [0.5, 1.5] } } }).success,
    ).toBe(false)
  })
})
