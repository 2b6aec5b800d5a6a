import { describe, expect, it } from 'vitest'
import { augmentation as schema } from '../config/augmentation.js'
import { randomStream } from '../random.js'
import { askNumbers } from '../testing/python.js'
import type { Augmentation, AugmentationSettings } from './augmentation.js'
import { drawAugmentation } from './draw-augmentation.js'

const draws = 100_000

function settingsOf(fields: Readonly<Record<string, unknown>>): AugmentationSettings {
  const section = schema.parse(fields)
  return { section, channels: 2, image: { height: 20, width: 9 }, tile: { height: 8, width: 9 } }
}

function draw(settings: AugmentationSettings, number: number): Augmentation | null {
  return drawAugmentation(settings, (kind) => randomStream(5, kind, number))
}

/** What one number of each augmentation is, over 100,000 of them; null where it has none. */
function drawMany(
  fields: Readonly<Record<string, unknown>>,
  of: (drawn: Augmentation) => number | undefined,
): number[] {
  const settings = settingsOf(fields)
  return Array.from({ length: draws }, (_, number) => draw(settings, number)).flatMap((drawn) => {
    const value = drawn === null ? undefined : of(drawn)
    return value === undefined ? [] : [value]
  })
}

describe('over 100,000 draws', () => {
  it('windows lie anywhere in the site, each place as often', () => {
    const tops = drawMany({ tile: 'random' }, ({ window }) => window?.top)
    const counts = new Array<number>(13).fill(0)
    for (const top of tops) counts[top] = (counts[top] ?? 0) + 1
    const chiSquare = counts.reduce(
      (sum, count) => sum + (count - draws / 13) ** 2 / (draws / 13),
      0,
    )
    // 99.9 % point of 12 degrees of freedom.
    expect(chiSquare).toBeLessThan(32.9)
    expect(counts).toHaveLength(13)
    expect(draw(settingsOf({ tile: 'random' }), 1)?.window?.left).toBe(0)
  })

  it('each number has the distribution that is asked for, as often as is asked for', () => {
    const rotation = { probability: 0.3, degrees: 40, zoom: [0.5, 2], shift: 0.25 }
    const cases = [
      {
        often: 0.2,
        law: 'uniform(0.4, 0.3)',
        values: drawMany(
          { zoomCrop: { probability: 0.2, side: [0.4, 0.7] } },
          (of) => of.zoomCrop?.side,
        ),
      },
      {
        often: 1,
        law: 'uniform(0, 1)',
        values: drawMany({ zoomCrop: {} }, (of) => of.zoomCrop?.top),
      },
      {
        often: 1,
        law: 'uniform(0, 1)',
        values: drawMany({ zoomCrop: {} }, (of) => of.zoomCrop?.left),
      },
      {
        often: 0.3,
        law: 'uniform(-40, 80)',
        values: drawMany({ rotation }, (of) => of.rotation?.degrees),
      },
      {
        often: 0.3,
        law: 'uniform(0.5, 1.5)',
        values: drawMany({ rotation }, (of) => of.rotation?.zoom),
      },
      {
        often: 0.3,
        law: 'uniform(-0.25, 0.5)',
        values: drawMany({ rotation }, (of) => of.rotation?.shiftY),
      },
      {
        often: 0.3,
        law: 'uniform(-0.25, 0.5)',
        values: drawMany({ rotation }, (of) => of.rotation?.shiftX),
      },
      {
        often: 0.6,
        law: 'uniform(1, 2)',
        values: drawMany({ blur: { probability: 0.6, sigma: [1, 3] } }, (of) => of.sigma),
      },
      { often: 1, law: 'norm(1, 0.1)', values: drawMany({ gain: 0.1 }, (of) => of.gain?.[1]) },
      { often: 1, law: 'norm(0, 0.2)', values: drawMany({ offset: 0.2 }, (of) => of.offset?.[0]) },
    ]
    const script = `
from scipy.stats import kstest, norm, uniform
print(json.dumps([kstest(c['values'], eval(c['law']).cdf).pvalue for c in d]))`
    const probabilities = askNumbers(script, cases)
    cases.forEach(({ often, values, law }, i) => {
      // Four deviations of a share of 100,000 are at most 0.0064.
      expect(Math.abs(values.length / draws - often), law).toBeLessThan(0.0064)
      expect(probabilities[i], law).toBeGreaterThan(1e-4)
    })
  })

  it('channels are drawn each for itself', () => {
    const settings = settingsOf({ gain: 0.5, offset: 0.5 })
    let product = 0
    for (let number = 0; number < draws; number++) {
      const { gain, offset } = draw(settings, number) ?? {}
      product +=
        ((gain?.[0] ?? 0) - 1) * ((gain?.[1] ?? 0) - 1) + (offset?.[0] ?? 0) * (offset?.[1] ?? 0)
    }
    // Two products of deviation 1/4, summed: four deviations of their mean.
    expect(Math.abs(product / draws)).toBeLessThan((4 * 0.25 * Math.SQRT2) / Math.sqrt(draws))
  })
})

describe('drawAugmentation', () => {
  it('draws one kind alike whatever else is asked for', () => {
    const rotation = { degrees: 40, shift: 0.1 }
    const alone = draw(settingsOf({ rotation }), 7)
    const among = draw(settingsOf({ rotation, tile: 'random', zoomCrop: {}, blur: {}, gain: 1 }), 7)
    expect(among?.rotation).toEqual(alone?.rotation)
    expect(among?.zoomCrop).not.toBeNull()
  })

  it('gives null where nothing is done', () => {
    expect(draw(settingsOf({}), 1)).toBeNull()
    expect(draw(settingsOf({ cutMix: {} }), 1)).toBeNull()
    expect(draw(settingsOf({ rotation: { probability: 0 } }), 1)).toBeNull()
  })
})
