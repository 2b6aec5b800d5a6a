import type { MetricsByCellType } from '../evaluation/metrics.js'
import type { Network, NetworkDescription } from '../models/network.js'
import { bytesInWords, duration } from '../words.js'
import type { EpochVerdict } from './early-stopping.js'
import type { StepEstimate } from './measure-step.js'
import type { PaceReport } from './pace.js'

/** The lines that training says to people. */

export function networkLine(
  { architecture, activation, flavour, channels, classes, parameters }: NetworkDescription,
  { blockKernels }: Network,
): string {
  const fused = blockKernels.filter((kernel) => kernel.fused).length
  const kernels =
    blockKernels.length === 0 ? '' : `, ${fused} of ${blockKernels.length} blocks fused`
  return `${architecture} (${activation}, ${flavour}), ${channels} channels, ${classes} classes, ${parameters.toLocaleString('en')} parameters${kernels}.`
}

export function dataLine(sites: number, units: number, validation: number): string {
  const held = validation === 0 ? 'no validation' : `validation on ${validation} units`
  return `Trains on ${sites} sites of ${units} units, ${held}.`
}

export function memoryLine({ samples, bytes, freeBytes }: StepEstimate): string {
  return `A step of ${samples} samples at once needs about ${bytesInWords(bytes)} of the ${bytesInWords(freeBytes)} that are free.`
}

export function paceLine({ secondsPerEpoch, secondsLeft }: PaceReport, validates: boolean): string {
  const without = validates ? ', validation not counted' : ''
  return `About ${duration(secondsPerEpoch)} an epoch and ${duration(secondsLeft)} to the end${without}.`
}

/** What an epoch gave. */
export interface EpochFacts {
  readonly epoch: number
  readonly epochs: number
  readonly loss: number
  readonly validation: MetricsByCellType | null
  readonly seconds: number
  readonly imagesPerSecond: number
}

export function epochLine(facts: EpochFacts, verdict: EpochVerdict | null): string {
  const { epoch, epochs, loss, validation, seconds, imagesPerSecond } = facts
  const validated =
    validation === null
      ? ''
      : `, validation ${validation.overall.loss.toFixed(4)}, accuracy ${percent(validation.overall.accuracy)}`
  const best = [...(verdict?.bestOverall ? ['overall'] : []), ...soleless(verdict)]
  const news = best.length === 0 ? '' : `; best so far: ${best.join(', ')}`
  return `Epoch ${epoch}/${epochs}: loss ${loss.toFixed(4)}${validated} (${duration(seconds)}, ${imagesPerSecond.toFixed(0)} images/s)${news}`
}

/** The cell types that improved, where there are several. */
function soleless(verdict: EpochVerdict | null): readonly string[] {
  if (verdict === null || Object.keys(verdict.state.byCellType).length < 2) return []
  return verdict.bestCellTypes
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}
