import { describe, expect, it } from 'vitest'
import { augmentation as schema } from '../config/augmentation.js'
import { randomStream } from '../random.js'
import { askNumbers } from '../testing/python.js'
import { drawMixes, type Mix } from './draw-mixes.js'
import { mixImages } from './mix-images.js'

const tile = { height: 12, width: 9 }
const batches = 20_000

/** The mixes of many batches of five samples; batches that are not mixed give none. */
function drawMany(fields: Readonly<Record<string, unknown>>, count = batches): Mix[][] {
  const section = schema.parse(fields)
  return Array.from({ length: count }, (_, number) =>
    drawMixes(section, 5, tile, randomStream(9, 'mix', number)),
  ).flatMap((mixes) => (mixes === null ? [] : [mixes]))
}

describe('drawMixes', () => {
  it('covers each pixel as often as the formula of the paper does', () => {
    for (const alpha of [1, 0.4]) {
      const covered = new Array<number>(tile.height * tile.width).fill(0)
      for (const [first] of drawMany({ cutMix: { alpha } })) {
        const { top, left, bottom, right } = first?.box ?? { top: 0, left: 0, bottom: 0, right: 0 }
        for (let y = top; y < bottom; y++) {
          for (let x = left; x < right; x++) {
            covered[y * tile.width + x] = (covered[y * tile.width + x] ?? 0) + 1 / batches
          }
        }
      }
      const script = `
rng, n = np.random.default_rng(3), 100000
H, W = d['height'], d['width']
side = np.sqrt(1 - rng.beta(d['alpha'], d['alpha'], n))
def span(size):
    length = np.floor(size * side).astype(int)
    start = rng.integers(0, size, n) - length // 2
    place = np.arange(size)[None]
    return (place >= start[:, None]) & (place < (start + length)[:, None])
rows, columns = span(H), span(W)
print(json.dumps((rows[:, :, None] & columns[:, None, :]).mean(0).ravel().tolist()))`
      const expected = askNumbers(script, { ...tile, alpha })
      covered.forEach((share, i) => {
        // Five deviations of a share of 20,000 and of 100,000.
        expect(Math.abs(share - (expected[i] ?? Number.NaN))).toBeLessThan(0.02)
      })
    }
  })

  it('CutMix: one box a batch, and the share is what remains of the tile', () => {
    for (const mixes of drawMany({ cutMix: {} }, 500)) {
      const [first] = mixes
      for (const { box, share } of mixes) {
        expect(box).toEqual(first?.box)
        const area = box === null ? 0 : (box.bottom - box.top) * (box.right - box.left)
        expect(share).toBe(1 - area / 108)
      }
      expect(mixes.map(({ partner }) => partner).sort()).toEqual([0, 1, 2, 3, 4])
    }
  })

  it('mixup: shares of Beta(alpha, alpha), one a sample', () => {
    const mixes = drawMany({ mixup: { alpha: 0.4 } }, 2000)
    expect(mixes.every((of) => of.every(({ box }) => box === null))).toBe(true)
    const [probability] = askNumbers(
      'from scipy.stats import beta, kstest\nprint(json.dumps([kstest(d, beta(0.4, 0.4).cdf).pvalue]))',
      mixes.flatMap((of) => of.map(({ share }) => share)),
    )
    expect(probability).toBeGreaterThan(1e-3)
  })

  it('mixes as often as is asked for, in one way', () => {
    const mixes = drawMany({ cutMix: { probability: 0.3 }, mixup: { probability: 0.5 } })
    const cut = mixes.filter(([first]) => first?.box !== null).length / batches
    expect(Math.abs(mixes.length / batches - 0.8)).toBeLessThan(0.015)
    expect(Math.abs(cut - 0.3)).toBeLessThan(0.015)
    expect(drawMany({})).toEqual([])
  })

  it('gives each sample every partner as often', () => {
    const counts = new Array<number>(25).fill(0)
    for (const mixes of drawMany({ cutMix: {} })) {
      mixes.forEach(({ partner }, place) => {
        counts[5 * place + partner] = (counts[5 * place + partner] ?? 0) + 1
      })
    }
    const expected = batches / 5
    const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
    // 99.9 % point of 16 degrees of freedom: rows and columns have given sums.
    expect(chiSquare).toBeLessThan(39.3)
  })
})

describe('mixImages', () => {
  it('gives what numpy does, from images as they were', () => {
    const stream = randomStream(2, 'mix images')
    const images = Float32Array.from({ length: 6 * 12 * 9 * 3 }, () => stream.normal())
    const before = images.slice()
    const box = { top: 2, left: 1, bottom: 7, right: 9 }
    const mixes = [
      { partner: 2, share: 0.3, box: null },
      { partner: 0, share: 0.5, box },
      null,
      { partner: 5, share: 1, box: { ...box, bottom: 2 } },
      { partner: 1, share: 0.9, box: null },
    ]
    const mixed = mixImages({ images, channels: 3, ...tile }, mixes)
    expect(images).toEqual(before)
    const script = `
x = np.array(d['images']).reshape(6, 12, 9, 3)
out = []
for own, m in zip(x, d['mixes']):
    y = own.copy()
    if m and m['box']:
        b = m['box']
        y[b['top']:b['bottom'], b['left']:b['right']] = x[m['partner'], b['top']:b['bottom'], b['left']:b['right']]
    elif m: y = m['share'] * own + (1 - m['share']) * x[m['partner']]
    out.append(y)
print(json.dumps(np.array(out).ravel().tolist()))`
    const expected = askNumbers(script, { images: [...images], mixes })
    expect(mixed.length).toBe(expected.length)
    mixed.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 6)
    })
  })
})
