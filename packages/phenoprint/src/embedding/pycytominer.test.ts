import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type Matrix, matrix, row } from '../evaluation/matrix.js'
import type { PredictionRow } from '../prediction/prediction-row.js'
import { randomStream } from '../random.js'
import { silentReporter } from '../run/reporter.js'
import { temporaryFolder } from '../testing/folder.js'
import { askPython } from '../testing/python.js'
import { centre, whiten } from './correct.js'
import { featureName, writeEmbeddings } from './embedding-file.js'
import { precisionFigures } from './precision-figures.js'
import { readEmbeddings } from './read-embeddings.js'

const features = 12
const treatments = 8
const draw = randomStream(11, 'profiles')
/** By treatment, where it moves a well; and by plate, where all its wells lie. */
const effects = Array.from({ length: treatments * features }, () => 0.6 * draw.normal())

/** Four experiments of a plate each: 30 negative controls, and each treatment once. */
const rows: PredictionRow[] = ['E1', 'E2', 'E3', 'E4'].flatMap((experiment) =>
  Array.from({ length: 30 + treatments }, (_, i): PredictionRow => {
    const well = `B${String(i + 1).padStart(2, '0')}`
    const treated = i >= 30
    return {
      unit: `${experiment}/1/${well}`,
      code: `${experiment}_1_${well}`,
      experiment,
      plate: '1',
      well,
      cellType: 'HUVEC',
      role: treated ? 'treatment' : 'negativeControl',
      label: treated ? i - 30 : null,
    }
  }),
)
const isReference = rows.map(({ role }) => role === 'negativeControl')

/** Wells vary most along the first three features, whatever is in them, and plates everywhere. */
const embeddings: Matrix = (() => {
  const plates = new Map<string, number[]>()
  const data = rows.flatMap(({ experiment, label }) => {
    const shift = plates.get(experiment) ?? Array.from({ length: features }, () => draw.normal())
    plates.set(experiment, shift)
    return shift.map((value, c) => {
      const effect = label === null ? 0 : (effects[label * features + c] ?? 0)
      return value + effect + draw.normal() * (c < 3 ? 6 : 0.3)
    })
  })
  return matrix(Float32Array.from(data), rows.length, features)
})()
const centred = centre(embeddings, rows, isReference)

function writtenFile(): string {
  const path = join(temporaryFolder(), 'embeddings.parquet')
  writeEmbeddings(path, rows, centred)
  return path
}

const answer = z.object({
  shape: z.array(z.number()),
  columns: z.array(z.string()),
  first: z.record(z.string(), z.unknown()),
  gram: z.array(z.number()),
  profiles: z.array(z.number()),
})

/** What pycytominer makes of the file: the profiles, whitened on controls; and medians by treatment. */
function pycytominer() {
  const script = `
from pycytominer import aggregate, normalize
from pycytominer.cyto_utils.load import load_profiles
p = load_profiles(d)
f = [c for c in p if not c.startswith('Metadata_')]; m = [c for c in p if c.startswith('Metadata_')]
w = normalize(p, features=f, meta_features=m, samples="Metadata_role == 'negativeControl'",
              method='spherize', spherize_method='ZCA', spherize_epsilon=0)
x = w[[c for c in w if not c.startswith('Metadata_')]].to_numpy()
t = aggregate(p[p.Metadata_role == 'treatment'], strata=['Metadata_label'], features=f, operation='median')
print(json.dumps({'shape': list(p.shape), 'columns': m, 'first': p[m].iloc[30].to_dict(),
                  'gram': (x @ x.T).ravel().tolist(), 'profiles': t[f].to_numpy().ravel().tolist()}))`
  return answer.parse(askPython(script, writtenFile()))
}

const plus = (a: number, b: number): number => a + b

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  return ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

describe('profiles', () => {
  it('are read by pycytominer, aggregated by treatment and whitened on controls as here', () => {
    const { shape, columns, first, gram, profiles } = pycytominer()
    expect(shape).toEqual([rows.length, 8 + features])
    expect(columns.slice(0, 3)).toEqual(['Metadata_Plate', 'Metadata_Well', 'Metadata_experiment'])
    expect(first).toMatchObject({
      Metadata_Plate: 'E1_1',
      Metadata_Well: 'B31',
      Metadata_role: 'treatment',
      Metadata_label: '0',
      Metadata_unit: 'E1/1/B31',
    })
    expect(profiles).toHaveLength(treatments * features)
    profiles.forEach((value, i) => {
      const [label, c] = [Math.floor(i / features), i % features]
      const own = [...rows.keys()].filter((at) => rows[at]?.label === label)
      expect(value).toBeCloseTo(median(own.map((at) => row(centred, at)[c] ?? 0)), 5)
    })
    const whitened = whiten(centred, rows, isReference, 0)
    for (let a = 0; a < rows.length; a++) {
      for (let b = 0; b < rows.length; b++) {
        const [x, y] = [row(whitened, a), row(whitened, b)]
        const inner = Array.from(x, (value, c) => value * (y[c] ?? 0)).reduce(plus, 0)
        const expected = gram[a * rows.length + b] ?? Number.NaN
        expect(Math.abs(inner - expected)).toBeLessThan(1e-3 * (1 + Math.abs(expected)))
      }
    }
  })

  it('come back as they were written', async () => {
    const path = writtenFile()
    const found = await readEmbeddings(path)
    expect(found.units).toEqual(rows.map(({ unit }) => unit))
    expect(found.embeddings).toEqual(centred)
    expect(featureName(3)).toBe('Embedding_0003')
    await expect(readEmbeddings(`${path}.not`)).rejects.toThrow('Run phenoprint embed')
  })
})

describe('whitening', () => {
  it('leaves controls that vary by 1 in every direction, and none with another', () => {
    const whitened = whiten(centred, rows, isReference, 0)
    const controls = [...rows.keys()].filter((i) => isReference[i])
    for (let a = 0; a < features; a++) {
      for (let b = 0; b < features; b++) {
        const sum = controls.reduce(
          (total, i) => total + (row(whitened, i)[a] ?? 0) * (row(whitened, i)[b] ?? 0),
          0,
        )
        expect(sum / (controls.length - 1)).toBeCloseTo(a === b ? 1 : 0, 4)
      }
    }
  })

  it('lets replicates find each other where controls show what does not matter', () => {
    const found = (of: Matrix) =>
      precisionFigures(of, rows, silentReporter).figures.consistency.overall.meanAveragePrecision
    const [raw, centring, whitening] = [
      found(embeddings),
      found(centred),
      found(whiten(centred, rows, isReference, 0.0001)),
    ]
    expect(centring).toBeLessThan(0.45)
    expect(raw).toBeLessThan(0.45)
    expect(whitening).toBeGreaterThan(0.8)
  })
})
