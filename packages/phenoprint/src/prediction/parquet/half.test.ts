import { expect, it } from 'vitest'
import { randomStream } from '../../random.js'
import { askNumbers } from '../../testing/python.js'
import { fromHalves, toHalves } from './half.js'

it('gives numpy’s halves for numbers of every size, ties and limits included', () => {
  const draw = randomStream(1, 'half')
  const random = Array.from({ length: 5000 }, () => draw.normal() * 2 ** (draw.integer(60) - 35))
  const limits = [0, -0, 65504, 65519, 65520, 1e9, 2 ** -24, 2 ** -25, 1.5 * 2 ** -25, 3 * 2 ** -25]
  const ties = [
    1 + 2 ** -11,
    1 + 3 * 2 ** -11,
    2 ** -14 - 2 ** -25,
    2 ** -14 - 2 ** -26,
    -(2 ** -13),
  ]
  const values = Float32Array.from([...random, ...limits, ...ties])
  const expected = askNumbers(
    `with np.errstate(over='ignore'): print(json.dumps(np.array(d, dtype=np.float32).astype(np.float16).view(np.uint16).tolist()))`,
    [...values].map((value) => (Object.is(value, -0) ? 0 : value)),
  )
  const got = toHalves(values)
  expected.forEach((half, i) => {
    if (!Object.is(values[i], -0)) expect(got[i], String(values[i])).toBe(half)
  })
})

it('gives every half back as it was, signed zeros and infinities too', () => {
  const halves = Uint16Array.from({ length: 0x10000 }, (_, half) => half)
  const back = toHalves(fromHalves(halves))
  halves.forEach((half) => {
    const notANumber = (half & 0x7c00) === 0x7c00 && (half & 0x3ff) !== 0
    if (notANumber) expect(fromHalves(Uint16Array.of(half))[0]).toBeNaN()
    else expect(back[half]).toBe(half)
  })
})

it('keeps what is not a number', () => {
  expect(fromHalves(toHalves(Float32Array.of(Number.NaN)))[0]).toBeNaN()
})
