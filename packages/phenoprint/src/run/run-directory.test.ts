import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { type Config, configSchema } from '../config/config.js'
import { loadConfig } from '../config/load.js'
import { RunDirectoryError } from '../errors.js'
import { folderOf, temporaryFolder } from '../testing/folder.js'
import { onFullDisk } from '../testing/full-disk.js'
import { provenanceSchema } from './provenance.js'
import { type RunEvent, silentReporter, type VerbResult } from './reporter.js'
import { RunDirectory } from './run-directory.js'

function config(values: z.input<typeof configSchema> = {}): Config {
  return configSchema.parse(values)
}

const result: VerbResult = { status: 'done', figures: { accuracy: 0.5 }, files: ['a.json'] }

/** Opens, works, closes. */
function inRun<T>(folder: string, work: (run: RunDirectory) => T, values = config()): T {
  using run = RunDirectory.open(folder, { verb: 'train', config: values })
  return work(run)
}

function provenance(folder: string) {
  return provenanceSchema.parse(JSON.parse(readFileSync(join(folder, 'provenance.json'), 'utf8')))
}

function events(folder: string): unknown[] {
  const lines = readFileSync(join(folder, 'events.jsonl'), 'utf8').split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line).step)
}

describe('a new run directory', () => {
  it('says what is run, with what, on which data, by which code and machine', () => {
    const folder = join(temporaryFolder(), 'runs/one')
    const values = config({ seed: 9, output: folder })
    inRun(folder, (run) => run.record({ data: 'abc', engine: '2.13.0' }), values)
    expect(loadConfig(join(folder, 'config.yml'))).toEqual(values)
    expect(provenance(folder)).toMatchObject({
      verb: 'train',
      data: 'abc',
      sessions: [{ engine: '2.13.0', machine: { node: process.version } }],
    })
    expect(provenance(folder).sessions[0]?.code).toMatch(
      /^\d+\.\d+\.\d+( [0-9a-f]{40}(\+changes)?)?$/,
    )
    expect(readdirSync(folder).sort()).toEqual(['config.yml', 'events.jsonl', 'provenance.json'])
  })

  it('is refused where there are files of another kind', () => {
    const folder = folderOf({ 'thesis.doc': '' })
    expect(() => inRun(folder, () => {})).toThrow(
      `run: ${folder} holds files but no run (no config.yml): thesis.doc.`,
    )
    expect(readdirSync(folder)).toEqual(['thesis.doc'])
  })

  it('is refused where there can be no folder', () => {
    const folder = join(folderOf({ 'thesis.doc': '' }), 'thesis.doc/run')
    expect(() => inRun(folder, () => {})).toThrow(
      `run: ${folder} cannot be a folder: one of the names in it is a file. Choose another one`,
    )
  })

  it('is refused while this or another process works in it', () => {
    const folder = temporaryFolder()
    inRun(folder, () => {
      expect(() => inRun(folder, () => {})).toThrow(/is in use by process/)
    })
    inRun(folder, () => {})
  })
})

describe('a run directory that is opened again', () => {
  it('goes on with the same command, and keeps each session', () => {
    const folder = temporaryFolder()
    expect(inRun(folder, (run) => run.resumed)).toBe(false)
    expect(inRun(folder, (run) => run.resumed)).toBe(true)
    expect(provenance(folder).sessions).toHaveLength(2)
  })

  it('goes on where it was killed before it had begun', () => {
    const folder = temporaryFolder()
    inRun(folder, () => {})
    rmSync(join(folder, 'config.yml'))
    expect(inRun(folder, (run) => run.resumed)).toBe(false)
    expect(existsSync(join(folder, 'config.yml'))).toBe(true)
  })

  it('names the keys in which another configuration differs', () => {
    const folder = temporaryFolder()
    inRun(folder, () => {}, config({ training: { epochs: 40 } }))
    const other = config({ training: { epochs: 5, earlyStopping: { patience: 2 } } })
    expect(() => inRun(folder, () => {}, other)).toThrow(
      `run: ${folder} holds a run of another configuration: training.epochs was 40, is 5; training.earlyStopping was not set, is {"patience":2,"minDelta":0}. Choose another folder (--set output=…), or delete ${folder} to start over.`,
    )
  })

  it('does not mind keys that its result cannot depend on', () => {
    const folder = temporaryFolder()
    inRun(
      folder,
      () => {},
      config({
        output: 'a',
        store: { path: 'stores/a' },
        ensemble: { members: { default: [{ run: 'x' }] } },
      }),
    )
    const screen = { reader: 'rxrx1', name: 'RxRx1', folder: 'moved/rxrx1' } as const
    const store = { path: 'stores/a' }
    const same = config({
      output: 'b',
      screen,
      store: { ...store, verify: true },
      training: { checkpointMinutes: 1 },
    })
    expect(inRun(folder, (run) => run.resumed, same)).toBe(true)
    const threads = config({ store, training: { threads: 3 } })
    expect(() => inRun(folder, () => {}, threads)).toThrow(/training\.threads was not set, is 3/)
  })

  it('is refused when a path may lead to other data or another start', () => {
    const folder = temporaryFolder()
    const of = (path: string, from: string) => config({ store: { path }, fineTune: { from } })
    const open = (values: Config) =>
      RunDirectory.open(folder, { verb: 'fine-tune', config: values }).close()
    open(of('stores/a', 'runs/a'))
    expect(() => open(of('stores/b', 'runs/b'))).toThrow(
      'store.path was "stores/a", is "stores/b"; fineTune.from was "runs/a", is "runs/b"',
    )
  })

  it('is refused to another verb', () => {
    const folder = temporaryFolder()
    inRun(folder, () => {})
    expect(() => RunDirectory.open(folder, { verb: 'infer', config: config() })).toThrow(
      `run: ${folder} holds a run of "train", not of "infer".`,
    )
    inRun(folder, () => {})
  })

  it('is refused when the data are others', () => {
    const folder = temporaryFolder()
    inRun(folder, (run) => run.record({ data: 'abc' }))
    inRun(folder, (run) => {
      run.record({ data: 'abc' })
      expect(() => run.record({ data: 'xyz' })).toThrow(RunDirectoryError)
    })
    expect(provenance(folder).data).toBe('abc')
  })

  it('clears away what a killed process was writing', () => {
    const folder = temporaryFolder()
    inRun(folder, () => {})
    writeFileSync(join(folder, '.metrics.json.0123456789ab.part'), '{')
    inRun(folder, () => {})
    expect(readdirSync(folder)).not.toContain('.metrics.json.0123456789ab.part')
  })

  it('says which version made a run whose configuration is unknown here', () => {
    const folder = temporaryFolder()
    inRun(folder, () => {})
    appendFileSync(join(folder, 'config.yml'), 'weightAveraging: 3\n')
    expect(() => inRun(folder, () => {})).toThrow(
      /holds a run with a configuration that this version \(.+\) cannot use; it was made with version .+: config: .+ unknown key "weightAveraging"\./,
    )
  })

  it.each(['config.yml', 'provenance.json'])('is refused when its %s is broken', (name) => {
    const folder = temporaryFolder()
    inRun(folder, () => {})
    writeFileSync(join(folder, name), '[')
    expect(() => inRun(folder, () => {})).toThrow(RunDirectoryError)
  })
})

describe('a finished run', () => {
  it('gives its result again and is not written to', () => {
    const folder = temporaryFolder()
    inRun(folder, (run) => {
      expect(run.finished).toBeNull()
      run.finish(result)
    })
    const before = readFileSync(join(folder, 'provenance.json'), 'utf8')
    expect(inRun(folder, (run) => run.finished)).toEqual({ ...result, status: 'already done' })
    expect(readFileSync(join(folder, 'provenance.json'), 'utf8')).toBe(before)
  })
})

describe('events', () => {
  it('are appended as lines and told to the reporter', () => {
    const folder = temporaryFolder()
    const told: RunEvent[] = []
    const reporter = { ...silentReporter, event: (event: RunEvent) => told.push(event) }
    using run = RunDirectory.open(folder, { verb: 'train', config: config(), reporter })
    run.event({ type: 'step', step: 1 })
    run.event({ type: 'step', step: 2 })
    expect(events(folder)).toEqual([1, 2])
    expect(told).toEqual([
      { type: 'step', step: 1 },
      { type: 'step', step: 2 },
    ])
  })

  it('go on after a line that a kill tore', () => {
    const folder = temporaryFolder()
    inRun(folder, (run) => run.event({ type: 'step', step: 1 }))
    appendFileSync(join(folder, 'events.jsonl'), '{"type":"step","st')
    inRun(folder, (run) => run.event({ type: 'step', step: 2 }))
    expect(events(folder)).toEqual([1, 2])
  })

  it('after the last checkpoint are forgotten when they will happen again', () => {
    const folder = temporaryFolder()
    const checkpoint = inRun(folder, (run) => {
      run.event({ type: 'step', step: 1 })
      const length = run.eventsLength
      run.event({ type: 'step', step: 2 })
      return length
    })
    inRun(folder, (run) => {
      run.rewindEvents(checkpoint)
      run.event({ type: 'step', step: 2 })
    })
    expect(events(folder)).toEqual([1, 2])
  })

  it('are whole lines even on a disk that fills, and say so with exit code 4', () => {
    const { stdout } = onFullDisk(`
      import { readFileSync } from 'node:fs'
      const { EventLog } = await import(files.replace('files.js', 'events.js'))
      const log = new EventLog(folder + '/events.jsonl')
      try {
        for (;;) log.append({ type: 'step', text: 'x'.repeat(5000) })
      } catch (error) {
        console.log(error.name, error.exitCode, error.message)
      }
      const text = readFileSync(folder + '/events.jsonl', 'utf8')
      console.log(text.endsWith('\\n'), text.trim().split('\\n').every((line) => JSON.parse(line).type === 'step'))
    `)
    expect(stdout).toMatch(/^MachineError 4 disk: cannot write \S+events\.jsonl .*the disk is full/)
    expect(stdout).toMatch(/\ntrue true\n$/)
  })
})
