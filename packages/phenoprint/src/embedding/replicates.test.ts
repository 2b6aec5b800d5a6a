import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { matrix } from '../evaluation/matrix.js'
import { randomStream } from '../random.js'
import { askPython } from '../testing/python.js'
import { chancePrecision, queryPrecision } from './average-precision.js'
import { type Profile, replicatePrecisions, treatmentPrecisions } from './replicates.js'

const features = 12
const labels = 9
const experiments = ['E1', 'E2', 'E3', 'E4']

/** Two cell types; in each experiment every treatment once and three negative controls. */
const profiles: Profile[] = ['HUVEC', 'U2OS'].flatMap((cellType) =>
  experiments.flatMap((experiment) => {
    const at = { cellType, experiment: `${cellType}-${experiment}` }
    const treated = Array.from({ length: labels }, (_, label) => ({
      ...at,
      label,
      role: 'treatment' as const,
    }))
    const controls = [0, 1, 2].map(() => ({
      ...at,
      label: labels,
      role: 'negativeControl' as const,
    }))
    return [...treated, ...controls]
  }),
)
const embeddings = matrix(
  Float32Array.from(
    profiles.flatMap(({ cellType, label, role }, i) => {
      const effect = randomStream(1, 'effect', label ?? 0)
      const noise = randomStream(2, 'noise', i)
      const strength = role === 'treatment' ? (label ?? 0) / 6 : 0
      return Array.from(
        { length: features },
        () => strength * effect.normal() + noise.normal() + (cellType === 'U2OS' ? 0.1 : 0),
      )
    }),
  ),
  profiles.length,
  features,
)

const answer = z.object({
  ap: z.array(z.number().nullable()),
  normalised: z.array(z.number().nullable()),
  map: z.array(z.number()),
})

describe('replicate precision', () => {
  it.each(['activity', 'consistency'] as const)('of %s equals copairs', (question) => {
    const script = `
import warnings; warnings.filterwarnings('ignore')
import pandas as pd
from copairs.map import average_precision
meta = pd.DataFrame(d['profiles']); feats = np.array(d['x'], dtype=np.float32).reshape(len(meta), -1)
meta['treated'] = meta.role == 'treatment'
ap = np.full(len(meta), np.nan); norm = ap.copy()
for cell in meta.cellType.unique():
    keep = np.flatnonzero((meta.cellType == cell) & (meta.treated | (d['question'] == 'activity')))
    part = meta.iloc[keep].reset_index(drop=True)
    negative = ['treated'] if d['question'] == 'activity' else ['label']
    got = average_precision(part, feats[keep], ['label'], ['experiment'], [], negative, progress_bar=False)
    ap[keep] = got.average_precision; norm[keep] = got.normalized_average_precision
ap[~meta.treated] = np.nan; norm[~meta.treated] = np.nan
meta['ap'] = ap
means = meta[meta.treated].groupby(['cellType', 'label']).ap.mean()
clean = lambda v: [None if np.isnan(x) else float(x) for x in v]
print(json.dumps({'ap': clean(ap), 'normalised': clean(norm), 'map': means.tolist()}))`
    const expected = answer.parse(
      askPython(script, { profiles, question, x: [...embeddings.data] }),
    )
    const got = replicatePrecisions(embeddings, profiles, question)
    expect(got.filter((of) => of !== null)).toHaveLength(2 * experiments.length * labels)
    got.forEach((of, i) => {
      if (of === null) expect(expected.ap[i]).toBeNull()
      else {
        expect(of.averagePrecision).toBeCloseTo(expected.ap[i] ?? Number.NaN, 6)
        expect(of.normalised).toBeCloseTo(expected.normalised[i] ?? Number.NaN, 6)
      }
    })
    const treatments = treatmentPrecisions(profiles, got)
    expect(treatments).toHaveLength(expected.map.length)
    treatments.forEach(({ meanAveragePrecision, replicates }, i) => {
      expect(meanAveragePrecision).toBeCloseTo(expected.map[i] ?? Number.NaN, 6)
      expect(replicates).toBe(experiments.length)
    })
  })

  it('is 1 where all positives come first, and NaN where there is nothing to compare', () => {
    const similarities = Float64Array.of(0.9, 0.8, 0.1, 0.2)
    expect(queryPrecision(similarities, [0, 1], [2, 3])).toMatchObject({
      averagePrecision: 1,
      normalised: 1,
    })
    expect(queryPrecision(similarities, [2], [0, 1, 3]).averagePrecision).toBe(0.25)
    expect(queryPrecision(similarities, [], [2]).averagePrecision).toBeNaN()
    expect(queryPrecision(similarities, [1], []).averagePrecision).toBeNaN()
  })

  it('of chance is the mean over all orders', () => {
    // Of 2 positives and 1 negative: (1 + 1) / 2, (1 + 2/3) / 2, (1/2 + 2/3) / 2.
    expect(chancePrecision(2, 1)).toBeCloseTo((1 + 5 / 6 + 7 / 12) / 3, 12)
    expect(chancePrecision(1, 0)).toBe(1)
  })
})
