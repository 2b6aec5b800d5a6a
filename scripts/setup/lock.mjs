import fs from 'node:fs'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { say } from './say.mjs'

/**
 * One set-up at a time. The lock is a file that names its owner; the owner touches it while it
 * works, so that a lock left by a killed process, here or on another machine, is seen as stale.
 *
 * @typedef {{ host: string, pid: number, started: string, id: string }} Owner
 */

const touchEverySeconds = 5
/** Long enough for a stopped disk or a suspended laptop to come back. */
const silentSeconds = 60
/** Breaking a stale lock takes well under a second. */
const breakingSeconds = 10

/**
 * Runs `work` while holding the lock; waits, and says so, while another process holds it.
 *
 * @template T
 * @param {string} path of the lock file; its folder is made.
 * @param {() => Promise<T>} work
 * @param {object} [options]
 * @param {number} [options.pollMilliseconds]
 * @returns {Promise<T>}
 */
export async function withLock(path, work, { pollMilliseconds = 200 } = {}) {
  fs.mkdirSync(dirname(path), { recursive: true })
  const own = JSON.stringify(thisProcess())
  await acquire(path, own, pollMilliseconds)
  const release = () => {
    if (readIfThere(path) === own) fs.rmSync(path, { force: true })
  }
  process.on('exit', release)
  const touch = setInterval(() => touchIfThere(path), touchEverySeconds * 1000)
  touch.unref()
  try {
    return await work()
  } finally {
    clearInterval(touch)
    process.off('exit', release)
    release()
  }
}

/**
 * @param {string} path
 * @param {string} own
 * @param {number} pollMilliseconds
 */
async function acquire(path, own, pollMilliseconds) {
  // Written aside and linked into place: nobody ever reads a lock that is half written.
  const candidate = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`
  fs.writeFileSync(candidate, own)
  let said = false
  try {
    while (!linked(candidate, path)) {
      const seen = readIfThere(path)
      if (seen === undefined) continue
      if (isStale(path, seen)) {
        breakStale(path, seen)
        continue
      }
      if (!said) say(`waiting for another set-up to finish (${describeOwner(seen)})`)
      said = true
      await sleep(pollMilliseconds)
    }
  } finally {
    fs.rmSync(candidate, { force: true })
  }
}

/** @returns {Owner} */
function thisProcess() {
  const id = Math.random().toString(36).slice(2)
  return { host: hostname(), pid: process.pid, started: startOf(process.pid), id }
}

/**
 * When a process started, in the kernel's ticks: a pid that was given away again is told apart.
 *
 * @param {number} pid
 * @returns {string} empty where the system does not tell.
 */
function startOf(pid) {
  const status = readIfThere(`/proc/${pid}/stat`)
  // The second field, the program's name, may hold spaces and brackets: count from its end.
  return status?.slice(status.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}

/**
 * @param {string} path
 * @param {string} seen the lock's content.
 */
function isStale(path, seen) {
  const owner = parseOwner(seen)
  if (owner?.host === hostname()) return !isAlive(owner)
  const touched = fs.statSync(path, { throwIfNoEntry: false })?.mtimeMs
  return touched !== undefined && Date.now() - touched > silentSeconds * 1000
}

/** @param {Owner} owner */
function isAlive({ pid, started }) {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: it is there and belongs to somebody else.
    if (codeOf(error) !== 'EPERM') return false
  }
  return started === startOf(pid)
}

/**
 * Removes a stale lock, one process at a time, and only while it is still the one that was seen.
 *
 * @param {string} path
 * @param {string} seen
 */
function breakStale(path, seen) {
  const guard = `${path}.breaking`
  try {
    fs.mkdirSync(guard)
  } catch {
    const made = fs.statSync(guard, { throwIfNoEntry: false })?.mtimeMs
    if (made !== undefined && Date.now() - made > breakingSeconds * 1000)
      fs.rmSync(guard, { recursive: true, force: true })
    return
  }
  if (readIfThere(path) === seen) fs.rmSync(path, { force: true })
  fs.rmSync(guard, { recursive: true, force: true })
}

/**
 * @param {string} from
 * @param {string} to
 * @returns {boolean} false when `to` is there already.
 */
function linked(from, to) {
  try {
    fs.linkSync(from, to)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

/** @param {string} path */
function readIfThere(path) {
  try {
    return fs.readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/** @param {string} path */
function touchIfThere(path) {
  const now = new Date()
  try {
    fs.utimesSync(path, now, now)
  } catch {
    // The lock was broken by hand: the work goes on, as it would have without the touch.
  }
}

/**
 * @param {string} text
 * @returns {Owner | undefined}
 */
function parseOwner(text) {
  try {
    const { host, pid, started, id } = JSON.parse(text)
    return Number.isInteger(pid) && pid > 0 ? { host, pid, started, id } : undefined
  } catch {
    return undefined
  }
}

/** @param {string} text */
function describeOwner(text) {
  const owner = parseOwner(text)
  return owner === undefined ? 'unknown' : `process ${owner.pid} on ${owner.host}`
}

/** @param {unknown} error */
function codeOf(error) {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
