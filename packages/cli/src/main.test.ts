import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { encodePng } from '../../phenoprint/dist/png.js'
import { folderOf, nodeOnSmallDisk } from '../../phenoprint/dist/testing/index.js'

const launcher = fileURLToPath(new URL('../bin/phenoprint.js', import.meta.url))
const testProgram = fileURLToPath(new URL('./testing/test-program.js', import.meta.url))

/** Runs `phenoprint` with words, in a folder. */
function phenoprint(words: readonly string[], cwd?: string) {
  const options = { encoding: 'utf8', ...(cwd && { cwd }) } as const
  const { stdout, stderr, status } = spawnSync(process.execPath, [launcher, ...words], options)
  return { stdout, stderr, code: status }
}

/** Starts the test program, and waits until it says that it has started. */
async function started(
  words: readonly string[],
  cwd = '/tmp',
): Promise<ChildProcess & { said: () => string }> {
  const child = spawn(process.execPath, [testProgram, ...words], { cwd })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      said += text
    })
  }
  await once(child.stdout, 'data')
  return Object.assign(child, { said: () => said })
}

function lastLine(text: string): unknown {
  return JSON.parse(text.trimEnd().split('\n').at(-1) ?? '')
}

describe('phenoprint', () => {
  it('tells its version and its commands', () => {
    expect(phenoprint(['--version']).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
    const { stdout, stderr, code } = phenoprint(['--help'])
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 })
    for (const verb of ['preprocess', 'train', 'fine-tune', 'fine_tune', 'inference', 'doctor']) {
      expect(stdout).toContain(verb)
    }
  })

  it('loads nothing but its own light modules before a verb needs more', () => {
    const logger = new URL('./testing/log-modules.js', import.meta.url).href
    const words = ['--import', logger, launcher]
    for (const args of [['--help'], ['train', '--help'], ['--version'], ['trian']]) {
      const { stderr } = spawnSync(process.execPath, [...words, ...args], { encoding: 'utf8' })
      const loaded = [...stderr.matchAll(/^loaded (\S+)$/gm)].map(([, url = '']) => url)
      expect(loaded).toContainEqual(expect.stringMatching(/cli\/dist\/main\.js$/))
      const light =
        /^node:|\/cli\/|\/phenoprint\/dist\/(basics|did-you-mean|errors|exit-code|nearest|run\/memory-fault|error-code|run\/signals|words)\.js$/
      expect(loaded.filter((url) => !light.test(url))).toEqual([])
    }
  })

  it.each([
    [[], 'phenoprint: no command. See: phenoprint --help'],
    [['trian', '-y', 'x.yml'], 'unknown command "trian". Did you mean train?'],
    [['train', '--jsn', '-y', 'x.yml'], 'train: unknown option --jsn. Did you mean --json?'],
    [['train'], 'train: no configuration. Give one with -y FILE'],
    [['train', '-y', 'nowhere/x.yml'], 'config: there is no file nowhere/x.yml'],
  ])('ends %j with exit code 2', (words, message) => {
    const { stdout, stderr, code } = phenoprint(words)
    expect(stderr).toContain(message)
    expect({ stdout, code }).toEqual({ stdout: '', code: 2 })
  })

  it('ends an unknown key and a wrong type with exit code 2, naming file, line and column', () => {
    const folder = folderOf({ 'train.yml': 'training:\n  epochs: many\n  ealryStopping: {}\n' })
    for (const verb of [
      'preprocess',
      'audit',
      'export',
      'train',
      'fine-tune',
      'fine_tune',
      'infer',
      'inference',
      'ensemble',
      'pseudo-label',
      'simulate',
      'run',
    ]) {
      const { stderr, code } = phenoprint([verb, '-y', 'train.yml'], folder)
      expect(stderr).toContain(
        'config: train.yml:2:11: training.epochs: got "many" (text), expected',
      )
      expect(stderr).toContain(
        'train.yml:3:3: unknown key "ealryStopping". Did you mean training.earlyStopping?',
      )
      expect(code).toBe(2)
    }
    const { stderr, code } = phenoprint(['train', '-y', 'train.yml', '--set', 'sead=1'], folder)
    expect(stderr).toContain('config: --set sead=1: unknown key "sead". Did you mean seed?')
    expect(code).toBe(2)
  })

  it('ends an audit that finds an error with exit code 3, each finding a line of JSON', () => {
    const folder = folderOf({
      'cells.csv': 'file,plate,well,class\na.png,P1,A01,round\n',
      'audit.yml': `screen:
  reader: table
  name: one cell
  folder: .
  table: cells.csv
  unit: image
  images: '{file}'
  channels: [{ name: DNA }]
  columns: { plate: plate, well: well, label: class }
store: { path: store, tile: [8, 8] }
`,
    })
    expect(phenoprint(['audit', '-y', 'audit.yml'], folder)).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('screen.json is missing'),
    })
    writeFileSync(
      join(folder, 'a.png'),
      encodePng(
        Uint8Array.from({ length: 64 }, (_, i) => i),
        8,
        8,
        1,
      ),
    )
    expect(phenoprint(['preprocess', '-y', 'audit.yml'], folder)).toMatchObject({ code: 0 })
    const whole = phenoprint(['audit', '-y', 'audit.yml', '--json'], folder)
    expect(whole.code).toBe(0)
    expect(lastLine(whole.stdout)).toMatchObject({ type: 'result', files: ['store/audit.json'] })
    const plate = readdirSync(join(folder, 'store')).find((name) => name.endsWith('.ozx')) ?? ''
    rmSync(join(folder, 'store', plate))
    const { stdout, code } = phenoprint(['audit', '-y', 'audit.yml', '--json'], folder)
    expect(code).toBe(3)
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line))
    expect(lines).toContainEqual({
      type: 'finding',
      check: 'corrupt',
      severity: 'error',
      where: plate,
      what: expect.stringContaining('is missing'),
    })
    expect(lines.at(-1)).toMatchObject({ type: 'error', exitCode: 3 })
  })

  it('writes configurations for a folder, that the next command takes, and ends a wrong one', () => {
    const folder = folderOf({ 'wells.csv': 'well,gene\nB02,a\nB03,b\n', 'words.txt': 'no images' })
    const pixels = Uint8Array.from({ length: 1024 }, (_, i) => i)
    for (const [plate, well, site] of [1, 2, 3].flatMap((p) =>
      ['B02', 'B03'].flatMap((w) => [1, 2].map((s) => [p, w, s])),
    )) {
      mkdirSync(join(folder, `plate${plate}`), { recursive: true })
      const image = join(folder, `plate${plate}/${well}_s${site}.png`)
      writeFileSync(image, encodePng(pixels, 32, 32, 1))
    }
    const made = phenoprint(['init', '.', '--yes', '-o', 'out', '--json'], folder)
    expect(made.code).toBe(0)
    expect(lastLine(made.stdout)).toMatchObject({ type: 'result', status: 'done' })
    expect(made.stderr).toContain('label: gene; 2 classes, unit: well')
    expect(phenoprint(['preprocess', '-y', 'out/preprocess.yml'], folder)).toMatchObject({
      code: 0,
    })
    for (const [words, code, message] of [
      [['init', '.', '-o', 'out'], 2, 'out/screen.yml is there already'],
      [['init', '.', '-o', 'other', '--label', 'gne'], 2, 'Did you mean gene?'],
      [['init', '.', '-o', 'words.txt'], 2, 'words.txt'],
      [['init', 'nowhere'], 3, 'nowhere cannot be listed'],
      [['init', 'words.txt'], 3, 'words.txt cannot be listed'],
      [['init', 'out'], 3, 'got no image (it holds 8 .yml'],
    ] as const) {
      const end = phenoprint(words, folder)
      expect(end.stderr).toContain(message)
      expect(end.code).toBe(code)
    }
  })

  it('asks on the terminal which column is the label, and takes a number, a name or the first', () => {
    const folder = folderOf({
      'wells.csv': 'well,gene,compound\nB02,a,x\nB03,b,y\nB04,a,y\nB05,b,x\n',
    })
    const pixels = Uint8Array.from({ length: 1024 }, (_, i) => i)
    for (const well of ['B02', 'B03', 'B04', 'B05']) {
      writeFileSync(join(folder, `${well}.png`), encodePng(pixels, 32, 32, 1))
    }
    for (const [answer, label] of [
      ['2\n', 'gene'],
      ['7\ngene\n', 'gene'],
      ['\n', 'compound'],
      ['', 'compound'],
      ['0\n', null],
    ]) {
      const to = `out-${label}-${(answer ?? '').length}`
      const { stderr, status } = spawnSync(process.execPath, [launcher, 'init', '.', '-o', to], {
        cwd: folder,
        encoding: 'utf8',
        input: answer ?? '',
      })
      expect(status).toBe(0)
      expect(stderr).toContain('Which column is the label?\n  1  compound\n  2  gene\n')
      const screen = readFileSync(join(folder, to, 'screen.yml'), 'utf8')
      expect(/^ {4}label: (.*)$/m.exec(screen)?.[1] ?? null).toBe(label)
    }
  })

  it('ends with exit code 4 on a device that is not there, and begins nothing', () => {
    const folder = folderOf({
      'all.yml': `device: cuda:99
output: out
store: { path: store }
fineTune: { from: none }
prediction: { from: none }
embed: { from: none }
explain: { from: none }
`,
    })
    for (const verb of ['train', 'fine-tune', 'infer', 'embed', 'explain']) {
      const { stderr, code } = phenoprint([verb, '-y', 'all.yml'], folder)
      expect(stderr).toContain('device: got cuda:99, expected one that libtorch')
      expect(code).toBe(4)
    }
    expect(existsSync(join(folder, 'out'))).toBe(false)
  })

  it('tells a fault to programs too, as the last line of standard output', () => {
    const { stdout, stderr, code } = phenoprint(['train', '-y', 'nowhere.yml', '--json'])
    expect(lastLine(stdout)).toEqual({ type: 'error', message: stderr.trimEnd(), exitCode: 2 })
    expect(code).toBe(2)
  })
})

describe('a run directory in use by another process', () => {
  it('is exit code 2, until that process ends', async () => {
    const folder = folderOf({ 'config.yml': '' })
    const holder = await started(['hold'], folder)
    const second = spawnSync(process.execPath, [testProgram, 'hold'], {
      cwd: folder,
      encoding: 'utf8',
    })
    expect(second.stderr).toContain(`run: run is in use by process ${holder.pid}`)
    expect(second.status).toBe(2)
    holder.kill('SIGKILL')
    await once(holder, 'exit')
    const third = await started(['hold'], folder)
    third.kill('SIGTERM')
    expect(await once(third, 'exit')).toEqual([143, null])
    expect(existsSync(join(folder, 'run/lock'))).toBe(false)
  })
})

describe('a disk that fills', () => {
  it('is exit code 4, names the file and its size, and leaves no half file', () => {
    const folder = folderOf({ 'config.yml': '', 'small/.keep': '' })
    const program = `process.chdir(${JSON.stringify(folder)}); process.argv = ['node', 'x', 'fill', '--json']; await import(${JSON.stringify(testProgram)})`
    const words = ['--input-type=module', '-e', program]
    const { stdout, stderr, code } = nodeOnSmallDisk(join(folder, 'small'), words)
    expect(stderr).toMatch(
      /disk: cannot write small\/run\/weights\.bin \(4,000,000 bytes\): the disk is full/,
    )
    expect(lastLine(stdout)).toMatchObject({ type: 'error', exitCode: 4 })
    expect(code).toBe(4)
  })
})

describe('Ctrl-C', () => {
  it('once lets the work save itself, and is exit code 130', async () => {
    const child = await started(['patient'])
    child.kill('SIGINT')
    expect(await once(child, 'close')).toEqual([130, null])
    expect(child.said()).toMatch(
      /Ctrl-C: stopping after the next save\. Once more stops at once\.\n/,
    )
    expect(child.said()).toContain('saved\n')
    expect(child.said()).toContain('stopped by Ctrl-C. Run the same command again to go on')
  })

  it('twice stops at once', async () => {
    const child = await started(['deaf'])
    child.kill('SIGINT')
    await once(child.stderr ?? child, 'data')
    child.kill('SIGINT')
    expect(await once(child, 'close')).toEqual([130, null])
  })

  it('is the reason even where a library calls it an abort', async () => {
    const child = await started(['library-abort'])
    child.kill('SIGINT')
    expect(await once(child, 'close')).toEqual([130, null])
    expect(child.said()).not.toContain('fault in phenoprint')
  })

  it('has exit code 143 when it is SIGTERM', async () => {
    const child = await started(['patient'])
    child.kill('SIGTERM')
    expect(await once(child, 'close')).toEqual([143, null])
  })
})

describe('other ends', () => {
  it('tells a fault of its own with where it happened, and exit code 1', () => {
    const run = spawnSync(process.execPath, [testProgram, 'faulty'], { encoding: 'utf8' })
    expect(run.stderr).toContain('This is a fault in phenoprint.')
    expect(run.stderr).toMatch(
      /TypeError: cannot read[\s\S]*test-program\.js[\s\S]*caused by: Error: deeper/,
    )
    expect(run.status).toBe(1)
  })

  it('tells even a fault that nobody waited for, to programs too', () => {
    const words = [testProgram, 'lost', '--json']
    const run = spawnSync(process.execPath, words, { encoding: 'utf8' })
    expect(run.stderr).toContain('phenoprint: thrown in a timer')
    expect(lastLine(run.stdout)).toMatchObject({ type: 'error', exitCode: 1 })
    expect(run.status).toBe(1)
  })

  it('shows no stack for what is not its own', () => {
    const run = spawnSync(process.execPath, [testProgram, 'machine'], { encoding: 'utf8' })
    expect(run.stderr).toBe('phenoprint: memory: 3 GiB free, expected 5 GiB\n')
    expect(run.status).toBe(4)
  })

  it('goes on with its work when nobody reads its output any more', async () => {
    const folder = folderOf({})
    const child = await started(['chatty'], folder)
    child.stdout?.destroy()
    expect(await once(child, 'close')).toEqual([0, null])
    expect(child.said()).not.toContain('EPIPE')
    expect(existsSync(join(folder, 'chatty-finished'))).toBe(true)
  })
})
