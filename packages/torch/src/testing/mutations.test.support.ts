import { shiftRegister } from './random.test.support.js'

/**
 * Damaged copies of a file, the same for the same seed: bytes changed, cut off, left out, doubled, swapped
 * or replaced by others that stand in it, one to three times each.
 */
export function* mutations(
  good: Uint8Array,
  { seed, count }: { seed: number; count: number },
): Generator<Uint8Array> {
  const random = shiftRegister(seed)
  const below = (limit: number) => Math.floor(random() * limit)
  for (let made = 0; made < count; made++) {
    let bad = Uint8Array.from(good)
    for (let times = 1 + below(3); times > 0; times--) bad = mutate(bad, below)
    yield bad
  }
}

function mutate(bytes: Uint8Array<ArrayBuffer>, below: (limit: number) => number) {
  const at = below(bytes.length)
  const length = 1 + below(16)
  const before = bytes.subarray(0, at)
  const piece = bytes.subarray(at, at + length)
  const after = bytes.subarray(at + length)
  const elsewhere = below(bytes.length)
  switch (below(8)) {
    case 0:
      return joined(before, [below(256)], bytes.subarray(at + 1))
    case 1:
      return joined(before, [(bytes[at] ?? 0) ^ (1 << below(8))], bytes.subarray(at + 1))
    case 2:
      return joined(before)
    case 3:
      return joined(before, after)
    case 4:
      return joined(before, piece, piece, after)
    case 5:
      return joined(before, bytes.subarray(elsewhere, elsewhere + length), after)
    case 6:
      return joined(
        before,
        Array.from({ length }, () => below(256)),
        bytes.subarray(at),
      )
    default:
      return joined(
        before,
        [...'0129,:"{}[]\\'].map((c) => c.charCodeAt(0)).slice(length % 12),
        after,
      )
  }
}

function joined(...parts: readonly ArrayLike<number>[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(parts.flatMap((part) => Array.from(part)))
}
