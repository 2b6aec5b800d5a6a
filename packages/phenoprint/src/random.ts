/**
 * Random numbers as a function of their key: Philox4x32-10, a counter-based generator. The same
 * (seed, purpose, counters) always gives the same numbers, whatever was drawn elsewhere before, so
 * the order of samples does not depend on threads, ranks or where a run was resumed.
 *
 * @see Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3" (SC11).
 */
const MULTIPLIER_0 = 0xd2511f53
const MULTIPLIER_1 = 0xcd9e8d57
const WEYL_0 = 0x9e3779b9
const WEYL_1 = 0xbb67ae85

/** High and low 32 bits of the product of two unsigned 32-bit integers. */
function multiplyWide(a: number, b: number): [high: number, low: number] {
  const aLow = a & 0xffff
  const aHigh = a >>> 16
  const bLow = b & 0xffff
  const bHigh = b >>> 16
  const low = aLow * bLow
  const middle1 = aHigh * bLow + (low >>> 16)
  const middle2 = aLow * bHigh + (middle1 & 0xffff)
  const high = aHigh * bHigh + Math.floor(middle1 / 0x10000) + Math.floor(middle2 / 0x10000)
  return [high >>> 0, Math.imul(a, b) >>> 0]
}

/** One Philox4x32-10 block: four words from a four-word counter and a two-word key. */
export function philox(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
): [number, number, number, number] {
  let [c0, c1, c2, c3] = counter
  let [k0, k1] = key
  for (let round = 0; round < 10; round++) {
    const [high0, low0] = multiplyWide(MULTIPLIER_0, c0)
    const [high1, low1] = multiplyWide(MULTIPLIER_1, c2)
    c0 = (high1 ^ c1 ^ k0) >>> 0
    c1 = low1
    c2 = (high0 ^ c3 ^ k1) >>> 0
    c3 = low0
    k0 = (k0 + WEYL_0) >>> 0
    k1 = (k1 + WEYL_1) >>> 0
  }
  return [c0, c1, c2, c3]
}

/** 32-bit FNV-1a over the UTF-16 units of a string. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) {
    value = Math.imul(value ^ (text.charCodeAt(i) & 0xff), 0x01000193)
    value = Math.imul(value ^ (text.charCodeAt(i) >>> 8), 0x01000193)
  }
  return value >>> 0
}

/** A stream of random numbers that depends on its key alone. */
export class RandomStream {
  private block = 0
  private words: readonly number[] = []
  private used = 0
  private spare: number | null = null

  constructor(
    private readonly key: readonly [number, number],
    private readonly counters: readonly [number, number, number],
  ) {}

  /** The next unsigned 32-bit integer. */
  word(): number {
    if (this.used === this.words.length) {
      this.words = philox([this.block++, ...this.counters], this.key)
      this.used = 0
    }
    return this.words[this.used++] ?? 0
  }

  /** Uniform in [0, 1), 53 bits. */
  uniform(): number {
    const high = this.word() >>> 5
    const low = this.word() >>> 6
    return (high * 67108864 + low) / 9007199254740992
  }

  /** Uniform integer in 0..count-1, without bias (Lemire 2019, arXiv:1805.10941, by rejection). */
  integer(count: number): number {
    const limit = 0x100000000 - (0x100000000 % count)
    let word = this.word()
    while (word >= limit) word = this.word()
    return word % count
  }

  /** Standard normal (Box & Muller 1958). */
  normal(): number {
    if (this.spare !== null) {
      const value = this.spare
      this.spare = null
      return value
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()))
    const angle = 2 * Math.PI * this.uniform()
    this.spare = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }

  /** Poisson count of the given mean (Knuth's product for small means, rounded normal above 64). */
  poisson(mean: number): number {
    if (mean > 64) return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.normal()))
    const floor = Math.exp(-mean)
    let count = 0
    for (let product = this.uniform(); product > floor; product *= this.uniform()) count++
    return count
  }

  /** A random order of 0..count-1 (Fisher & Yates). */
  permutation(count: number): Uint32Array {
    const order = Uint32Array.from({ length: count }, (_, index) => index)
    for (let i = count - 1; i > 0; i--) {
      const j = this.integer(i + 1)
      const kept = order[i] ?? 0
      order[i] = order[j] ?? 0
      order[j] = kept
    }
    return order
  }
}

/**
 * The stream of a purpose.
 *
 * @param seed Any safe non-negative integer.
 * @param purpose What the numbers are for (`'order'`, `'tile'`, ...): other purposes never share numbers.
 * @param counters Up to three 32-bit counters, such as epoch and index.
 */
export function randomStream(seed: number, purpose: string, ...counters: number[]): RandomStream {
  const key: [number, number] = [
    (seed >>> 0) ^ hash(purpose),
    (Math.floor(seed / 0x100000000) ^ hash(`${purpose}#`)) >>> 0,
  ]
  const [a = 0, b = 0, c = 0] = counters
  return new RandomStream([key[0] >>> 0, key[1]], [a >>> 0, b >>> 0, c >>> 0])
}
