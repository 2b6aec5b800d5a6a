import { parseArgs } from 'node:util'

/**
 * Where a rank of a bench joins, from its command line.
 *
 * @param {string[]} words
 */
export function rendezvousOf(words) {
  const text = /** @type {const} */ ({ type: 'string', default: '0' })
  const { values } = parseArgs({ args: words, options: { rank: text, size: text, port: text } })
  return {
    rank: Number(values.rank),
    size: Number(values.size),
    port: Number(values.port),
    address: '127.0.0.1',
    timeout: 600,
  }
}
