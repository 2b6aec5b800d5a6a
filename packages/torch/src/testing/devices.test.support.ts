import { it } from 'vitest'
import { type Device, engine, type Tensor } from '../index.js'
import { differing } from './pytorch.test.support.js'

const devices: readonly Device[] = ['cpu', 'cuda:0']

/** A test on the processor and on a card; where there is none, the second is skipped and says so. */
export function itOnDevices(name: string, test: (device: Device) => void | Promise<void>): void {
  eachOnDevices([{}], name, (_, device) => test(device))
}

/** A test of each case on the processor and on a card; `$key` in the name is the case's own. */
export function eachOnDevices<Case extends object>(
  cases: readonly Case[],
  name: string,
  test: (one: Case, device: Device) => void | Promise<void>,
): void {
  const all = cases.flatMap((one) => devices.map((device) => ({ ...one, device })))
  it.for(all)(`${name}, on $device`, (one, { skip }) => {
    if (one.device !== 'cpu' && !engine.cuda) skip('no GPU on this machine')
    return test(one, one.device)
  })
}

/** What autocast() is told of a device. */
export function kindOf(device: Device): 'cpu' | 'cuda' {
  return device === 'cpu' ? 'cpu' : 'cuda'
}

/**
 * What of ours is not as PyTorch computed it on the processor: to the bit there; on a card, which sums in
 * another order, within a share of the greatest magnitude.
 *
 * @param share 0.002: convolutions and products of float32 round to TensorFloat-32, with 10 bits, on a card.
 */
export function unlike(
  ours: ReadonlyMap<string, Tensor>,
  theirs: ReadonlyMap<string, Tensor>,
  device: Device,
  share = 2e-3,
): string[] {
  if (device === 'cpu') return differing(ours, theirs)
  return [...theirs].flatMap(([name, expected]) => {
    const got = ours.get(name)
    if (got === undefined) return [`${name} is missing`]
    if (got.device !== device) return [`${name} is on ${got.device}`]
    if (got.dtype !== expected.dtype || got.numel !== expected.numel) return [`${name} is ${got}`]
    const far = farthest(got.toNumbers(), expected.toNumbers())
    return far <= share ? [] : [`${name} differs by ${far} of the greatest magnitude`]
  })
}

/** The greatest difference, by the greatest finite magnitude; infinite where one is not a number and the other is. */
function farthest(got: readonly number[], expected: readonly number[]): number {
  const magnitude = expected.reduce(
    (most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most),
    1e-6,
  )
  return (
    expected.reduce((most, value, i) => {
      const other = got[i] ?? Number.NaN
      if (Object.is(value, other) || value === other) return most
      const difference = Math.abs(other - value)
      return Math.max(most, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference)
    }, 0) / magnitude
  )
}
