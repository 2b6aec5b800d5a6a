import { CsvFile } from '../prediction/csv-file.js'
import type { PredictionRow } from '../prediction/prediction-row.js'
import type { SiteAttribution } from './site-attribution.js'

/** How much of an explanation lies in each channel, `[channel]`. */
export interface ChannelWeights {
  /** Of the absolute values of gradient x input; the sum over channels is 1, or 0 where all are 0. */
  readonly share: readonly number[]
  /** Of the values: above 0 where the channel speaks for the class. */
  readonly sum: readonly number[]
}

export function channelWeights(
  { gradientInput }: Pick<SiteAttribution, 'gradientInput'>,
  channels: number,
): ChannelWeights {
  const count = gradientInput.length / channels
  const planes = Array.from({ length: channels }, (_, c) =>
    gradientInput.subarray(c * count, (c + 1) * count),
  )
  const total = (of: Float32Array, value: (x: number) => number) => {
    let sum = 0
    for (const x of of) sum += value(x)
    return sum
  }
  const absolute = planes.map((plane) => total(plane, Math.abs))
  const all = absolute.reduce((sum, value) => sum + value, 0)
  return {
    share: absolute.map((value) => (all > 0 ? value / all : 0)),
    sum: planes.map((plane) => total(plane, (x) => x)),
  }
}

/** What was explained of a unit. */
export interface ExplainedClass {
  readonly who: PredictionRow
  readonly classIndex: number
  readonly probability: number
}

/** `channels.csv`: a line a site and channel. */
export function channelsFile(path: string): CsvFile {
  return new CsvFile(path, [
    'unit',
    'code',
    'cellType',
    'site',
    'class',
    'className',
    'probability',
    'label',
    'channel',
    'share',
    'sum',
  ])
}

/** The lines of a site in `channels.csv`. */
export function channelLines(
  { who, classIndex, probability }: ExplainedClass,
  site: string,
  channels: readonly string[],
  { share, sum }: ChannelWeights,
  classNames: readonly string[] | null,
): string[][] {
  return channels.map((channel, c) => [
    who.unit,
    who.code,
    who.cellType,
    site,
    String(classIndex),
    classNames?.[classIndex] ?? '',
    probability.toFixed(6),
    who.label === null ? '' : String(who.label),
    channel,
    (share[c] ?? 0).toFixed(6),
    (sum[c] ?? 0).toPrecision(6),
  ])
}
