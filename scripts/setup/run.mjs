import { spawn } from 'node:child_process'
import { constants } from 'node:os'

/** @typedef {{ code: number, stdout: string, stderr: string, output: string }} Outcome */

/** Children that a signal to this process has to end too: none may go on writing alone. */
const running = new Set()
/** @type {NodeJS.Signals[]} */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** @param {NodeJS.Signals} signal */
function passOn(signal) {
  for (const child of running) child.kill(signal)
  process.exit(128 + constants.signals[signal])
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
    const stdio = show ? 'inherit' : 'pipe'
    const child = spawn(command, args, {
      cwd,
      env,
      stdio: [input === undefined ? 'ignore' : 'pipe', stdio, stdio],
    })
    if (running.size === 0) for (const signal of signals) process.on(signal, passOn)
    running.add(child)
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
