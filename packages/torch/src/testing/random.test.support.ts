/** Numbers from 0 to below 1, by shifts of 13, 17 and 5 bits (Marsaglia 2003, Journal of Statistical Software 8(14)). */
export function shiftRegister(seed: number): () => number {
  let word = seed
  return () => {
    word ^= word << 13
    word ^= word >>> 17
    word ^= word << 5
    return (word >>> 0) / 2 ** 32
  }
}
