/** Progress words go to standard error: standard output belongs to what programs read. */

/** @param {string} words */
export function say(words) {
  console.error(`setup: ${words}`)
}

/**
 * Says what begins, and every so often that it still goes on, until the work is done.
 *
 * @template T
 * @param {string} words such as `downloading torch 2.13.0`.
 * @param {() => Promise<T>} work
 * @param {number} [everySeconds]
 * @returns {Promise<T>}
 */
export async function sayWhile(words, work, everySeconds = 20) {
  say(words)
  const started = performance.now()
  const timer = setInterval(
    () => say(`… ${words}: ${duration(performance.now() - started)}`),
    everySeconds * 1000,
  )
  try {
    return await work()
  } finally {
    clearInterval(timer)
  }
}

/**
 * @param {number} milliseconds
 * @returns {string} `45 s` or `3 min 20 s`.
 */
export function duration(milliseconds) {
  const seconds = Math.round(milliseconds / 1000)
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

/**
 * @param {number} bytes
 * @returns {string} in GiB with one decimal, or in MiB below 1 GiB.
 */
export function size(bytes) {
  const mebibytes = bytes / 2 ** 20
  return mebibytes < 1024 ? `${Math.round(mebibytes)} MiB` : `${(mebibytes / 1024).toFixed(1)} GiB`
}
