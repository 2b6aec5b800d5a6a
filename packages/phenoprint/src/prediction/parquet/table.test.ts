import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { PredictionError, ShapeError } from '../../errors.js'
import { randomStream } from '../../random.js'
import { onFullDisk } from '../../testing/full-disk.js'
import { askNumbers, askPython } from '../../testing/python.js'
import type { TableLayout } from './layout.js'
import { TableReader } from './table-reader.js'
import { TableWriter } from './table-writer.js'

const folder = mkdtempSync(join(tmpdir(), 'phenoprint-table-'))
afterAll(() => rmSync(folder, { recursive: true }))

const names = ['unit', 'tile', 'label']
function layout(classes: number, precision: 'float32' | 'float16'): TableLayout {
  return {
    columns: { unit: 'string', tile: 'integer', label: 'optionalInteger' },
    classes,
    precision,
    metadata: { note: 'µ' },
  }
}

/** Row groups of numbers that halves hold exactly. */
function groupsOf(classes: number, counts: readonly number[]): Float32Array[] {
  const draw = randomStream(6, 'table')
  return counts.map((rows) =>
    Float32Array.from({ length: rows * classes }, () => draw.integer(2000) / 64 - 15),
  )
}

function columnsOf(group: number, rows: number) {
  const indices = Array.from({ length: rows }, (_, i) => i)
  return {
    unit: indices.map((i) => `plate-${group}/ü${i % 5}`),
    tile: indices.map((i) => i % 4),
    label: indices.map((i) => (i % 3 === 0 ? null : i)),
  }
}

function writeGroup(
  writer: TableWriter,
  classes: number,
  group: number,
  logits: Float32Array,
): void {
  const rows = logits.length / classes
  for (let r = 0; r < rows; r++) writer.addRow(logits.subarray(r * classes, (r + 1) * classes))
  writer.endGroup(columnsOf(group, rows))
}

/** To the bit; vitest takes seconds to compare so many numbers one by one. */
function expectSame(got: Float32Array, expected: Float32Array): void {
  const bytesOf = (of: Float32Array) => Buffer.from(of.buffer, of.byteOffset, of.byteLength)
  expect(got.length).toBe(expected.length)
  expect(bytesOf(got).equals(bytesOf(expected))).toBe(true)
}

async function readLogits(reader: TableReader, group: number): Promise<Float32Array> {
  const all: number[] = []
  for await (const block of reader.blocks(group)) for (const value of block) all.push(value)
  // Into an array that is there, the same, and nothing beside it.
  const around = new Float32Array(all.length + 2).fill(Number.NaN)
  await reader.fill(group, around.subarray(1, -1))
  expectSame(around, Float32Array.from([Number.NaN, ...all, Number.NaN]))
  for (const length of [all.length - 1, all.length + 1]) {
    await expect(reader.fill(group, new Float32Array(length))).rejects.toThrow(PredictionError)
  }
  return Float32Array.from(all)
}

const cases = [
  { classes: 1, counts: [3, 40] },
  { classes: 16, counts: [1, 20_000, 7] },
  { classes: 1108, counts: [700, 5] },
]

describe.each(['float32', 'float16'] as const)('%s', (precision) => {
  it.each(cases)('$classes classes come back, here and in pyarrow', async ({ classes, counts }) => {
    const path = join(folder, `${precision}-${classes}.parquet`)
    const groups = groupsOf(classes, counts)
    const writer = new TableWriter(path, layout(classes, precision), 'a')
    for (const [i, logits] of groups.entries()) writeGroup(writer, classes, i, logits)
    writer.finish()
    expect(
      readdirSync(folder).filter((name) => name.includes(`${precision}-${classes}.parquet.`)),
    ).toEqual([])

    await using reader = await TableReader.open(path, names)
    expect(reader.groups).toEqual(counts)
    expect(reader.classes).toBe(classes)
    expect(reader.metadata.note).toBe('µ')
    for (const [i, logits] of groups.entries()) {
      expectSame(await readLogits(reader, i), logits)
      expect(await reader.columns(i, names)).toEqual(columnsOf(i, counts[i] ?? 0))
    }

    const answer = askPython(
      `
import pyarrow.parquet as pq
f = pq.ParquetFile(d['path'], page_checksum_verification=True)
t = f.read(); z = t['logits'].combine_chunks(); n = d['classes']
assert (np.diff(z.offsets.to_numpy()) == n).all()
print(json.dumps([str(t.schema.field('logits').type), f.num_row_groups, t['unit'].to_pylist()[-1], t['label'].null_count,
    t['tile'].to_pylist()[:5], np.asarray(z.values).astype(float).tolist(), f.schema_arrow.metadata[b'note'].decode()]))`,
      { path, classes },
    )
    const last = columnsOf(counts.length - 1, counts.at(-1) ?? 0)
    const nulls = counts.flatMap((rows, i) => columnsOf(i, rows).label.filter((x) => x === null))
    expect(answer).toEqual([
      `list<element: ${precision === 'float32' ? 'float' : 'halffloat'} not null>`,
      counts.length,
      last.unit.at(-1),
      nulls.length,
      counts.flatMap((rows, i) => columnsOf(i, rows).tile).slice(0, 5),
      groups.flatMap((logits) => [...logits]),
      'µ',
    ])
  })
})

it.each([
  { name: 'snappy, dictionaries, optional elements', options: `` },
  {
    name: 'zstd-free plain pages, version 2',
    options: `, compression='none', use_dictionary=False, data_page_version='2.0'`,
  },
  { name: 'several row groups', options: `, row_group_size=100` },
])('reads what pyarrow wrote: $name', async ({ options }) => {
  const path = join(folder, 'foreign.parquet')
  const values = askNumbers(
    `
import pyarrow as pa, pyarrow.parquet as pq
z = np.random.default_rng(0).normal(size=(250, 9)).astype(np.float32)
t = pa.table({'unit': [f'u{i}' for i in range(250)], 'tile': pa.array(range(250), pa.int64()),
    'label': [None if i % 2 else i for i in range(250)], 'logits': [list(r) for r in z]},
    schema=pa.schema([('unit', pa.string()), ('tile', pa.int64()), ('label', pa.int32()), ('logits', pa.list_(pa.float32()))]))
pq.write_table(t, d['path']${options})
print(json.dumps(z.ravel().astype(float).tolist()))`,
    { path },
  )
  await using reader = await TableReader.open(path, names)
  const logits: number[] = []
  const tiles: unknown[] = []
  for (const group of reader.groups.keys()) {
    logits.push(...(await readLogits(reader, group)))
    tiles.push(...((await reader.columns(group, ['tile'])).tile ?? []))
  }
  expect(logits).toEqual(values)
  expect(tiles).toEqual(Array.from({ length: 250 }, (_, i) => i))
})

it('goes on behind the last whole group after a kill', () => {
  const whole = join(folder, 'whole.parquet')
  const resumed = join(folder, 'resumed.parquet')
  const groups = groupsOf(16, [50, 60, 70])
  for (const path of [whole, resumed]) {
    let writer = new TableWriter(path, layout(16, 'float32'), 'a')
    for (const [i, logits] of groups.entries()) {
      if (path === resumed && i === 2) {
        // Killed in the middle of the third group: rows are written, the group is not ended.
        for (let r = 0; r < 9; r++) writer.addRow(logits.subarray(r * 16, (r + 1) * 16))
        writer.close()
        writer = new TableWriter(path, layout(16, 'float32'), 'a')
        expect(writer.groups).toBe(2)
        expect(existsSync(path)).toBe(false)
      }
      writeGroup(writer, 16, i, logits)
    }
    writer.finish()
  }
  expect(readFileSync(resumed).equals(readFileSync(whole))).toBe(true)
})

it('forgets groups on request, and all of them when their source is another', () => {
  const path = join(folder, 'other.parquet')
  const groups = groupsOf(16, [5, 6])
  const first = new TableWriter(path, layout(16, 'float32'), 'a')
  for (const [i, logits] of groups.entries()) writeGroup(first, 16, i, logits)
  first.keep(1)
  expect(first.groups).toBe(1)
  first.close()
  const other = new TableWriter(path, layout(16, 'float32'), 'b')
  expect(other.groups).toBe(0)
  other.close()
})

it('keeps nothing without a source, nor has a later writer take it for its own', () => {
  const path = join(folder, 'quick.parquet')
  const groups = groupsOf(16, [5, 6])
  for (const source of ['a', null]) {
    const writer = new TableWriter(path, layout(16, 'float32'), source)
    expect(writer.groups).toBe(0)
    for (const [i, logits] of groups.entries()) writeGroup(writer, 16, i, logits)
    writer.close()
    expect(existsSync(`${path}.footer`)).toBe(source !== null)
  }
  const again = new TableWriter(path, layout(16, 'float32'), 'a')
  expect(again.groups).toBe(0)
  again.close()
})

it('starts again where the partial file is shorter than its footer says', () => {
  const path = join(folder, 'short.parquet')
  const writer = new TableWriter(path, layout(16, 'float32'), 'a')
  writeGroup(writer, 16, 0, groupsOf(16, [50])[0] ?? new Float32Array())
  writer.close()
  truncateSync(`${path}.partial`, 100)
  const again = new TableWriter(path, layout(16, 'float32'), 'a')
  expect(again.groups).toBe(0)
  again.close()
})

it('refuses rows and columns of another length', () => {
  const writer = new TableWriter(join(folder, 'bad.parquet'), layout(4, 'float32'), 'a')
  expect(() => writer.addRow([1, 2, 3])).toThrow(ShapeError)
  writer.addRow([1, 2, 3, 4])
  expect(() => writer.endGroup({ unit: ['a'], tile: [0], label: [] })).toThrow('0 values of label')
  writer.close()
})

describe('a broken file', () => {
  function intact(name: string): string {
    const path = join(folder, name)
    const writer = new TableWriter(path, layout(16, 'float32'), 'a')
    writeGroup(writer, 16, 0, groupsOf(16, [5000])[0] ?? new Float32Array())
    writer.finish()
    return path
  }

  it('that is missing is said to be', async () => {
    const opened = TableReader.open(join(folder, 'nowhere.parquet'), names)
    await expect(opened).rejects.toThrow(PredictionError)
  })

  it.each([0, 1, 11, 1000, 200_000])('cut off after %i bytes is refused', async (bytes) => {
    const path = intact('cut.parquet')
    expect(statSync(path).size).toBeGreaterThan(bytes)
    truncateSync(path, bytes)
    await expect(TableReader.open(path, names)).rejects.toThrow('not a whole Parquet file')
  })

  it('with one bit turned in its numbers is refused', async () => {
    const path = intact('bit.parquet')
    const bytes = readFileSync(path)
    bytes[200_000] = (bytes[200_000] ?? 0) ^ 1
    writeFileSync(path, bytes)
    await using reader = await TableReader.open(path, names)
    await expect(readLogits(reader, 0)).rejects.toThrow('checksum')
  })

  it('with a page header overwritten is refused', async () => {
    const path = intact('header.parquet')
    const bytes = readFileSync(path)
    bytes.fill(0xff, 4, 24)
    writeFileSync(path, bytes)
    await using reader = await TableReader.open(path, names)
    await expect(readLogits(reader, 0)).rejects.toThrow(PredictionError)
  })

  it('without a column that is needed is refused', async () => {
    const path = intact('column.parquet')
    await expect(TableReader.open(path, ['unit', 'well'])).rejects.toThrow('no column well')
  })
})

it('tells of a disk that fills, and puts no file in place', () => {
  const writer = fileURLToPath(new URL('./table-writer.js', import.meta.url))
  const { stdout } = onFullDisk(`
    import { existsSync } from 'node:fs'
    const { TableWriter } = await import(${JSON.stringify(writer)})
    const path = folder + '/test.parquet'
    const columns = { unit: 'string' }
    const writer = new TableWriter(path, { columns, classes: 1000, precision: 'float32', metadata: {} }, '')
    try {
      for (let r = 0; r < 600; r++) writer.addRow(new Float32Array(1000))
      writer.endGroup({ unit: Array(600).fill('a') })
      writer.finish()
    } catch ({ _tag, exitCode, message }) {
      console.log(JSON.stringify({ _tag, exitCode, message, there: existsSync(path) }))
    }`)
  const said: unknown = JSON.parse(stdout)
  expect(said).toMatchObject({ _tag: 'MachineError', exitCode: 4, there: false })
  expect(said).toHaveProperty('message', expect.stringMatching(/test\.parquet.*disk is full/))
})

it('writes and reads more than half a gigabyte in less', () => {
  const path = join(folder, 'large.parquet')
  const script = fileURLToPath(new URL('./table-memory.test.support.js', import.meta.url))
  const said: unknown = JSON.parse(execFileSync(process.execPath, [script, path]).toString())
  expect(statSync(path).size).toBeGreaterThan(600e6)
  rmSync(path)
  expect(said).toEqual({ same: true, megabytes: expect.any(Number) })
  const megabytes =
    typeof said === 'object' && said !== null && 'megabytes' in said ? Number(said.megabytes) : 0
  expect(megabytes).toBeLessThan(400)
})
