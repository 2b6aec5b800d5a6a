import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/**
 * A program that measures on request, one line of JSON for each line it is given. It lives through a
 * whole bench, so that each round measures what is warm, and rests while others measure.
 */
export class Worker {
  #child
  #lines

  /**
   * @param {string} program
   * @param {string[]} args
   * @param {Record<string, string>} [environment] besides our own.
   */
  constructor(program, args, environment = {}) {
    this.name = [program, ...args].join(' ')
    this.#child = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...environment },
    })
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
  }

  /**
   * @param {string} request
   * @returns {Promise<number[]>}
   * @throws {Error} when the program ends instead.
   */
  async ask(request) {
    this.#child.stdin.write(`${request}\n`)
    const { value, done } = await this.#lines.next()
    if (done) throw new Error(`${this.name} ended when asked for "${request}"`)
    return JSON.parse(value)
  }

  close() {
    this.#child.stdin.end()
  }
}
