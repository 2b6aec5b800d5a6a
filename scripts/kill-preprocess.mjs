import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { runMain, SetupFault } from './setup/fault.mjs'
import { setupHelp, takeSetupOptions } from './setup/options.mjs'
import { root } from './setup/paths.mjs'
import { setUp } from './setup.mjs'

const help = `npm run kill-preprocess [-- TIMES OPTIONS]

Renders a small synthetic screen and makes its store. Then, TIMES times (20 unless given), makes it again in a
new folder, kills that with SIGKILL at a random moment, runs the same command again, and compares every
byte with the undisturbed store. One that ended before its moment is made again. Exit code 1 when any differs.

Options:
${setupHelp}`

const program = join(root, 'packages/cli/bin/phenoprint.js')

/**
 * Starts a command of phenoprint.
 *
 * @param {string[]} words
 */
function start(words) {
  const child = spawn(process.execPath, [program, ...words, '--quiet'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return { child, ended: once(child, 'exit') }
}

/** @param {string[]} words */
async function finish(words) {
  const [code] = await start(words).ended
  if (code !== 0) throw new SetupFault(`phenoprint ${words.join(' ')} ended with ${code}`)
}

/** @param {string} folder */
function preprocessTo(folder) {
  const set = (/** @type {string} */ text) => ['--set', text]
  return ['preprocess', '-y', 'configs/demo/preprocess.yml', ...set(`store.path=${folder}`)]
}

/**
 * Names of the files of two folders that are not byte by byte the same.
 *
 * @param {string} one
 * @param {string} other
 */
function differing(one, other) {
  const names = new Set([...readdirSync(one), ...readdirSync(other)])
  return [...names].filter((name) => {
    try {
      return !readFileSync(join(one, name)).equals(readFileSync(join(other, name)))
    } catch {
      return true
    }
  })
}

async function main() {
  const { options, rest: words } = takeSetupOptions(process.argv.slice(2))
  if (words.includes('--help')) return console.log(help)
  const times = words.length === 0 ? 20 : Number(words[0])
  if (!Number.isInteger(times) || times < 1 || words.length > 1) {
    throw new SetupFault(`got ${words.join(' ')}, expected how many times, such as 20`, {
      exitCode: 2,
    })
  }
  await setUp(options)
  const folder = mkdtempSync(join(tmpdir(), 'phenoprint-kill-'))
  const screen = ['--set', `screen.folder=${join(folder, 'screen')}`]
  try {
    const simulation = ['simulate', '-y', 'configs/demo/simulate.yml']
    await finish([...simulation, '--set', `simulation.folder=${join(folder, 'screen')}`])
    const whole = join(folder, 'whole')
    const began = performance.now()
    await finish([...preprocessTo(whole), ...screen])
    const takes = performance.now() - began
    console.log(`undisturbed: ${readdirSync(whole).length} files in ${Math.round(takes)} ms`)
    let unlike = 0
    let time = 1
    while (time <= times) {
      const store = join(folder, `killed-${time}`)
      const moment = Math.random() * takes
      const { child, ended } = start([...preprocessTo(store), ...screen])
      await Promise.race([setTimeout(moment), ended])
      child.kill('SIGKILL')
      const [, signal] = await ended
      if (signal === null) {
        rmSync(store, { recursive: true })
        continue
      }
      const plates = readPlates(store)
      await finish([...preprocessTo(store), ...screen])
      const names = differing(whole, store)
      if (names.length > 0) unlike++
      console.log(
        `${time}: killed after ${Math.round(moment)} ms with ${plates} plates whole; ${names.length === 0 ? 'the same bytes' : `other bytes: ${names.join(', ')}`}`,
      )
      rmSync(store, { recursive: true })
      time++
    }
    console.log(`${times - unlike} of ${times} stores are byte by byte the undisturbed one`)
    return unlike > 0 ? 1 : 0
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @param {string} store */
function readPlates(store) {
  try {
    return readdirSync(store).filter((name) => name.endsWith('.ozx')).length
  } catch {
    return 0
  }
}

await runMain(main)
