import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from '../../setup/paths.mjs'

/**
 * Starts the warm Python of the oracles for a run of vitest, and tells where it listens. Where it
 * cannot be started, tests ask a fresh Python each time.
 *
 * @returns {Promise<() => Promise<void>>} ends it.
 */
export async function setup() {
  const folder = fs.mkdtempSync(join(os.tmpdir(), 'phenoprint-oracles-'))
  const socket = join(folder, 'socket')
  const python = join(root, '.cache/oracles/bin/python')
  const server = fileURLToPath(new URL('./server.py', import.meta.url))
  // A group of its own: programs end with those who ask them, not by the terminal's Ctrl-C.
  const child = spawn(python, [server, socket], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  })
  const ended = new Promise((done) => child.on('error', done).on('close', done))
  const listens = new Promise((done) => child.stdout.once('data', done))
  await Promise.race([listens, ended])
  if (fs.existsSync(socket)) process.env.PHENOPRINT_TEST_ORACLES = socket
  return async () => {
    delete process.env.PHENOPRINT_TEST_ORACLES
    child.stdin.end()
    await ended
    fs.rmSync(folder, { recursive: true, force: true })
  }
}
