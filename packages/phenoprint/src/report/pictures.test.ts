import { describe, expect, it } from 'vitest'
import { ConfigError, ShapeError } from '../errors.js'
import { screenOf } from '../prediction/screen.test.support.js'
import { randomStream } from '../random.js'
import { rxrx1Brightest, rxrx1Channels } from '../screen/rxrx1-format.js'
import { askNumbers } from '../testing/python.js'
import { litPicture, signedPicture } from './attribution-picture.js'
import { brightestOf, colourOf, colourPicture } from './colour-picture.js'
import { checkBrightest, displayOf } from './display.js'
import { sheetOf } from './sheet.js'

const size = { height: 5, width: 7 }
const draw = randomStream(2, 'pictures')
const pixels = Uint8Array.from({ length: 6 * 35 }, () => draw.integer(256))
const colours = rxrx1Channels.map(colourOf)

describe('a picture in colours', () => {
  it("is Recursion's rendering of RxRx1, as numpy computes it", () => {
    const script = `
colors = np.array([[19,0,249],[42,255,31],[255,0,25],[45,255,252],[250,0,253],[254,255,40]])
x = np.array(d['pixels'], float).reshape(6, 5, 7); top = np.array([51,107,64,191,89,191])
out = np.zeros((5, 7, 3), int)
for c in range(6):
    out += (np.clip(x[c] / top[c], 0, 1)[..., None] * colors[c]).astype(int)
print(json.dumps(np.clip(out, 0, 255).reshape(-1).tolist()))`
    const { rgb } = colourPicture(pixels, size, { colours, brightest: rxrx1Brightest })
    expect([...rgb]).toEqual(askNumbers(script, { pixels: [...pixels] }))
  })

  it('shows one channel alone, and white where the screen names no colour', () => {
    const brightest = new Array<number>(6).fill(255)
    const { rgb } = colourPicture(pixels, size, { colours, brightest }, [2])
    const red = [...rgb].filter((_, i) => i % 3 === 0)
    expect(red).toEqual([...pixels.subarray(70, 105)])
    expect([...rgb].filter((_, i) => i % 3 === 1)).toEqual(new Array(35).fill(0))
    expect(colourOf({ name: 'any' })).toEqual([255, 255, 255])
  })

  it('refuses a display of other channels', () => {
    expect(() => colourPicture(pixels, size, { colours, brightest: [1] })).toThrow(ShapeError)
    const five = { colours: colours.slice(1), brightest: rxrx1Brightest.slice(1) }
    expect(() => colourPicture(pixels, size, five)).toThrow(ShapeError)
  })

  it('is as bright as the brightest pixels but a few', () => {
    const ramp = Uint16Array.from({ length: 2000 }, (_, i) => (i < 1000 ? i + 1 : 3))
    expect(brightestOf([ramp], 2, 0.001)).toEqual([999, 3])
    expect(brightestOf([ramp, ramp], 2, 0)).toEqual([1000, 3])
    expect(brightestOf([new Uint8Array(8)], 2, 0.001)).toEqual([1, 1])
  })
})

describe('the display of a screen', () => {
  const given = screenOf({})
  const images = [Uint8Array.from({ length: 70 }, (_, i) => i)]

  it('is that of the configuration, of Recursion for RxRx1, or of the images', () => {
    expect(displayOf(given, [7, 8], images).brightest).toEqual([7, 8])
    expect(displayOf(given, undefined, images).brightest).toEqual([34, 69])
    const rxrx1 = { ...given, channels: rxrx1Channels, synthetic: false }
    expect(displayOf(rxrx1, undefined, images).brightest).toEqual([51, 107, 64, 191, 89, 191])
    const synthetic = displayOf({ ...rxrx1, synthetic: true }, undefined, [pixels])
    expect(synthetic.brightest).not.toEqual([51, 107, 64, 191, 89, 191])
    expect(synthetic.colours[3]).toEqual([45, 255, 252])
  })

  it('needs a value for each channel', () => {
    expect(() => checkBrightest(given, [1])).toThrow(ConfigError)
    expect(() => checkBrightest(given, [1, 2])).not.toThrow()
  })
})

describe('a map', () => {
  it('shows what speaks for a class in orange, and what against it in blue', () => {
    const values = Float32Array.of(2, 1, 0, -1, -4)
    const { rgb } = signedPicture(values, { height: 1, width: 5 }, 2)
    expect([...rgb]).toEqual([230, 159, 0, 115, 79, 0, 0, 0, 0, 43, 90, 116, 86, 180, 233])
    expect([...signedPicture(values, { height: 1, width: 5 }, 0).rgb]).toEqual(
      new Array(15).fill(0),
    )
  })

  it('lights a picture where it is high', () => {
    const picture = { width: 3, height: 1, rgb: new Uint8Array(9).fill(200) }
    const { rgb } = litPicture(picture, Float32Array.of(0, 2, 4), 4)
    expect([...rgb]).toEqual([30, 30, 30, 115, 115, 115, 200, 200, 200])
  })
})

describe('a sheet', () => {
  const of = (value: number) => ({ width: 2, height: 1, rgb: new Uint8Array(6).fill(value) })

  it('has pictures side by side, with grey between them', () => {
    const { width, height, rgb } = sheetOf([
      [of(1), of(2)],
      [of(3), of(4)],
    ])
    expect([width, height]).toEqual([8, 6])
    const reds = Array.from({ length: 48 }, (_, i) => rgb[3 * i])
    expect(reds.slice(0, 8)).toEqual([1, 1, 128, 128, 128, 128, 2, 2])
    expect(reds.slice(8, 16)).toEqual(new Array(8).fill(128))
    expect(reds.slice(40)).toEqual([3, 3, 128, 128, 128, 128, 4, 4])
  })

  it('refuses pictures of several sizes, and rows of several lengths', () => {
    const tall = { width: 2, height: 2, rgb: new Uint8Array(12) }
    expect(() => sheetOf([[of(1), tall]])).toThrow(ShapeError)
    expect(() => sheetOf([[of(1), of(1)], [of(1)]])).toThrow(ShapeError)
    expect(() => sheetOf([])).toThrow(ShapeError)
  })
})
