import { spawn } from 'node:child_process'
import { constants } from 'node:os'

/** @typedef {{ code: number, stdout: string, stderr: string, output: string }} Outcome */

/**
 * Children, and whether they write to our own output.
 *
 * @type {Map<import('node:child_process').ChildProcess, boolean>}
 */
const running = new Map()
/** @type {NodeJS.Signals[]} */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']

/**
 * A recorded child leads a process group, which is ended whole: CMake would leave its compilers
 * behind. A shown one is a program of ours, which may have a checkpoint to write: it is waited for,
 * and its exit code becomes ours. A terminal has sent it the Ctrl-C already; a second one would
 * stop it at once.
 *
 * @param {NodeJS.Signals} signal
 */
function passOn(signal) {
  let waiting = false
  for (const [child, shown] of running) {
    if (child.pid === undefined) continue
    if (!shown) endGroup(child.pid, signal)
    else if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
    waiting ||= shown
  }
  if (!waiting) process.exit(128 + constants.signals[signal])
}

/**
 * @param {number} pid
 * @param {NodeJS.Signals} signal
 */
function endGroup(pid, signal) {
  try {
    process.kill(-pid, signal)
  } catch {
    // It ended by itself in this moment.
  }
}

/**
 * Runs a program to its end.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {object} [options]
 * @param {string} [options.cwd]
 * @param {NodeJS.ProcessEnv} [options.env] the whole environment.
 * @param {string} [options.input] what its standard input holds; nothing unless given.
 * @param {boolean} [options.show] the program writes to our own output instead of being recorded.
 * @returns {Promise<Outcome>} `output` has both streams in the order they came; a program that
 *   does not exist or may not be run gives code 127.
 */
export function run(command, args, { cwd, env = process.env, input, show = false } = {}) {
  return new Promise((done) => {
    // Listens first: a signal may come as soon as the program runs.
    if (running.size === 0) for (const signal of signals) process.on(signal, passOn)
    const stdio = show ? 'inherit' : 'pipe'
    const child = spawn(command, args, {
      cwd,
      env,
      stdio: [input === undefined ? 'ignore' : 'pipe', stdio, stdio],
      detached: !show,
    })
    running.set(child, show)
    const outcome = { code: 127, stdout: '', stderr: '', output: '' }
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      outcome.stdout += text
      outcome.output += text
    })
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      outcome.stderr += text
      outcome.output += text
    })
    /** @param {number} code */
    const finish = (code) => {
      running.delete(child)
      if (running.size === 0) for (const signal of signals) process.off(signal, passOn)
      done({ ...outcome, code })
    }
    child.on('error', () => finish(127))
    // A program that ends without reading its input is no fault of ours.
    child.stdin?.on('error', () => {}).end(input)
    child.on('close', (code, signal) =>
      finish(code ?? 128 + constants.signals[signal ?? 'SIGKILL']),
    )
  })
}

/**
 * The last lines of a program's output, for a message.
 *
 * @param {string} text
 * @param {number} [count]
 */
export function lastLines(text, count = 12) {
  return text.trimEnd().split('\n').slice(-count).join('\n')
}

/**
 * The first lines, for programs that end with advice.
 *
 * @param {string} text
 * @param {number} [count]
 */
export function firstLines(text, count = 12) {
  return text.trimStart().split('\n').slice(0, count).join('\n')
}
