import { spawn } from 'node:child_process'

/**
 * Runs a program and gives back what it printed; its words on standard error are passed on.
 *
 * @param {string} program
 * @param {string[]} args
 * @returns {Promise<string>} standard output.
 * @throws {Error} when it does not end with 0.
 */
export function capture(program, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    let printed = ''
    child.stdout.on('data', (data) => {
      printed += data
    })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (code === 0) resolve(printed)
      else reject(new Error(`${program} ${args.join(' ')} ended with ${signal ?? code}`))
    })
  })
}
