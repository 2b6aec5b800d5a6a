import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MachineError, type RunEvent } from '@phenoprint/phenoprint/basics'
import { describe, expect, it } from 'vitest'
import { folderOf } from '../../../phenoprint/dist/testing/index.js'
import { engineChecks, probeEngine } from './engine.js'
import { examine } from './examine.js'
import { addonCheck, tools } from './files.js'
import { processor } from './machine.js'
import { pixelsCheck } from './pixels.js'

const launcher = fileURLToPath(new URL('../../bin/phenoprint.js', import.meta.url))

/** A reporter that keeps what it is told. */
function keeping() {
  const said: string[] = []
  const events: RunEvent[] = []
  const reporter = {
    say: (line: string) => said.push(line),
    event: (event: RunEvent) => events.push(event),
    progress: () => ({ advance: () => {}, done: () => {} }),
    signal: new AbortController().signal,
  }
  return { reporter, said, events }
}

/** A program in place of the probe. */
function program(text: string) {
  return probeEngine(join(folderOf({ 'probe.mjs': text }), 'probe.mjs'))
}

const working = {
  facts: {
    version: '2.13.0',
    path: '/x/libtorch',
    cpuCapability: 'AVX512',
    kernels: 'avx512',
    ranks: true,
    cuda: true,
    devices: ['cpu', 'cuda:0'],
    threads: 2,
  },
}

describe('doctor', () => {
  it('finds the engine that the tests run with', () => {
    const { stdout, stderr, status } = spawnSync(process.execPath, [launcher, 'doctor', '--json'], {
      encoding: 'utf8',
    })
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(stderr).toContain('ok       engine')
    expect(lines).toContainEqual(
      expect.objectContaining({ type: 'check', name: 'engine', state: 'ok' }),
    )
    expect(lines.at(-1)).toMatchObject({ type: 'result', verb: 'doctor' })
    expect(status).toBe(0)
  })

  it('looks at everything else too when there is no engine, and ends with every cure', async () => {
    const { reporter, said, events } = keeping()
    const fault = 'torch: the engine is not ready'
    const examined = examine(reporter, () => ({ fault }))
    await expect(examined).rejects.toThrow(MachineError)
    await expect(examined).rejects.toThrow(
      /npm run setup[\s\S]*PHENOPRINT_LIBTORCH[\s\S]*PHENOPRINT_TORCH_INDEX/,
    )
    const names = events.map((event) => event.name)
    for (const name of [
      'engine',
      'processor',
      'memory',
      'node',
      'disk',
      'addon',
      'pixels',
      'build tools',
      'data',
    ]) {
      expect(names).toContain(name)
    }
    expect(said[0]).toBe(`BROKEN   engine           ${fault}`)
  })

  it('names the devices of a CUDA libtorch', () => {
    expect(engineChecks(working)).toMatchObject([
      { state: 'ok', found: expect.stringContaining('libtorch 2.13.0 at /x/libtorch') },
      { state: 'ok', found: 'cuda:0' },
      { state: 'ok', name: 'ranks' },
    ])
  })

  it('says how to get ranks where the build has none', () => {
    const probe = 'facts' in working ? { facts: { ...working.facts, ranks: false } } : working
    const ranks = engineChecks(probe).find(({ name }) => name === 'ranks')
    expect(ranks).toMatchObject({ state: 'missing' })
    expect(ranks?.cures.join()).toContain('libgloo-dev')
  })
})

describe('an engine that cannot be loaded', () => {
  it.each([
    ["process.kill(process.pid, 'SIGILL')", /another processor \(SIGILL\)/],
    ["process.kill(process.pid, 'SIGSEGV')", /ended by SIGSEGV/],
    [
      "throw new Error('libgomp.so.1: cannot open shared object file')",
      /exit code 1: Error: libgomp/,
    ],
    ['console.log("noise")', /the probe printed "noise"/],
    [`console.log(JSON.stringify({ fault: 'no build' }))`, /no build/],
  ])('is described: %s', (text, fault) => {
    expect(program(text)).toEqual({ fault: expect.stringMatching(fault) })
  })

  it('is told from one that can', () => {
    expect(program(`console.log('hello'); console.log('${JSON.stringify(working)}')`)).toEqual(
      working,
    )
  })
})

describe('the checks', () => {
  it('read the instruction sets of the processor', () => {
    const text = 'model name\t: Test CPU\nflags\t\t: fpu avx2 avx512f amx_bf16\n'
    expect(processor(text)).toMatchObject({
      state: 'ok',
      found: expect.stringMatching(/^Test CPU, \d+ cores to use, AVX2, AVX-512, AMX bf16$/),
    })
    expect(processor('model name : Old\nflags : fpu sse2\n')).toMatchObject({ state: 'missing' })
  })

  it('find the addon that set-up built, or say that it is not there', () => {
    const built = folderOf({
      'build/current.json': '{"addon":"k/x.node","compiler":"GCC 12"}',
      'build/k/x.node': '',
    })
    expect(addonCheck(join(built, 'dist'))).toEqual({
      name: 'addon',
      state: 'ok',
      found: `${built}/build/k/x.node, built with GCC 12`,
      cures: [],
    })
    const gone = folderOf({ 'build/current.json': '{"addon":"k/x.node"}' })
    expect(addonCheck(join(gone, 'dist'))).toMatchObject({
      state: 'missing',
      found: `${gone}/build/k/x.node is gone`,
    })
    expect(addonCheck('/nowhere/dist')).toMatchObject({ state: 'missing' })
  })

  it('say which path reads pixels, and why not the native one', () => {
    expect(pixelsCheck({ path: 'native', why: '/x/pixels.node', fault: false })).toMatchObject({
      state: 'ok',
      found: 'native path, /x/pixels.node',
    })
    const why = 'the native one does not load: libzstd.so.1: cannot open shared object file'
    expect(pixelsCheck({ path: 'portable', why, fault: true })).toMatchObject({
      state: 'missing',
      found: `portable path, slower: ${why}`,
      cures: [expect.stringContaining('npm run setup')],
    })
  })

  it('find build tools in PATH', () => {
    expect(tools('/nowhere')).toMatchObject({
      state: 'missing',
      found: 'c++, cmake, python3 not in PATH',
    })
  })
})
