import { dispose, noGrad, readSafetensors, type Tensor, TorchError, tidy } from '@phenoprint/torch'
import { CheckpointError } from '../errors.js'
import { sentence } from '../words.js'
import { adaptStem } from './adapt-stem.js'
import type { Network } from './network.js'

/** What of a file of weights was used. */
export interface PretrainedReport {
  /** Tensors copied into the network. */
  readonly loaded: number
  /** Set when the first convolution was made for another number of channels. */
  readonly stem: { readonly got: number; readonly expected: number } | null
  /** Set when the file's classes are not the screen's: the classifier keeps its fresh weights. */
  readonly classifier: { readonly got: number; readonly expected: number } | null
  /** Names the network has and the file lacks; these keep their fresh values. */
  readonly missing: readonly string[]
  /** Names of the file that the network does not have. */
  readonly unexpected: readonly string[]
}

/**
 * Starts a network from published weights in timm's names. The first convolution is adapted to the
 * network's channels ({@link adaptStem}); where the number of classes differs, the classifier keeps
 * the fresh weights it was given.
 *
 * @param path A safetensors file.
 * @throws {CheckpointError} when the file is missing or broken, or is of another architecture:
 *   more than the first convolution and the classifier does not fit.
 */
export function loadPretrained(network: Network, path: string): PretrainedReport {
  const tensors = readWeights(path)
  try {
    return noGrad(() => tidy(() => load(network, path, new Map(tensors))))
  } finally {
    dispose(tensors)
  }
}

function load(network: Network, path: string, file: Map<string, Tensor>): PretrainedReport {
  const own = network.stateDict()
  const stemKey = `${network.stemName}.weight`
  const stem = changedSize(file.get(stemKey), own.get(stemKey), 1)
  const stemWeight = file.get(stemKey)
  if (stem !== null && stemWeight !== undefined) {
    file.set(stemKey, adaptStem(stemWeight, stem.expected))
  }
  const classifierKey = `${network.classifierName}.weight`
  const classifier = changedSize(file.get(classifierKey), own.get(classifierKey), 0)
  if (classifier !== null) {
    file.delete(classifierKey)
    file.delete(`${network.classifierName}.bias`)
  }
  refuseWeightsOfOthers(path, file, own)
  const report = network.loadStateDict(file, { strict: false })
  const replaced = (name: string) =>
    classifier !== null && name.startsWith(`${network.classifierName}.`)
  return {
    loaded: file.size - report.unexpected.length,
    stem,
    classifier,
    missing: report.missing.filter((name) => !replaced(name) && !isCounter(name)),
    unexpected: report.unexpected,
  }
}

/** What a report says to people, a line each. */
export function describePretrained(path: string, report: PretrainedReport): string[] {
  const { loaded, stem, classifier, missing, unexpected } = report
  const lines = [`Starts from ${path}: ${loaded} tensors loaded.`]
  if (stem !== null) {
    lines.push(
      `The first convolution was made for ${stem.got} channels: adapted to ${stem.expected}.`,
    )
  }
  if (classifier !== null) {
    lines.push(
      `The classifier was made for ${classifier.got} classes: drawn afresh for ${classifier.expected}.`,
    )
  }
  if (missing.length > 0) lines.push(`Not in the file, drawn afresh: ${listed(missing)}.`)
  if (unexpected.length > 0) lines.push(`In the file and not used: ${listed(unexpected)}.`)
  return lines
}

function readWeights(path: string): ReadonlyMap<string, Tensor> {
  try {
    return readSafetensors(path).tensors
  } catch (cause) {
    if (!(cause instanceof TorchError)) throw cause
    throw new CheckpointError(
      `model.weights: cannot read ${path}: ${sentence(cause.message)} Expected a safetensors file of weights in timm's names.`,
      { cause },
    )
  }
}

/** How a tensor of the file differs from the network's along a dimension; null where it does not. */
function changedSize(
  got: Tensor | undefined,
  expected: Tensor | undefined,
  dimension: number,
): { got: number; expected: number } | null {
  const sizes = { got: got?.shape[dimension] ?? 0, expected: expected?.shape[dimension] ?? 0 }
  return got === undefined || sizes.got === sizes.expected ? null : sizes
}

function refuseWeightsOfOthers(
  path: string,
  file: ReadonlyMap<string, Tensor>,
  own: ReadonlyMap<string, Tensor>,
): void {
  const differing = [...own].flatMap(([name, tensor]) => {
    const got = file.get(name)?.shape
    if (got === undefined || got.join() === tensor.shape.join()) return []
    return [`${name} is [${got.join(', ')}], expected [${tensor.shape.join(', ')}]`]
  })
  const absent = [...own.keys()].filter((name) => !file.has(name) && isWeight(name))
  const weights = [...own.keys()].filter(isWeight)
  if (differing.length === 0 && absent.length < weights.length / 2) return
  const what =
    differing.length > 0
      ? listed(differing, 3)
      : `${absent.length} of the network's ${weights.length} weights are missing, such as ${listed(absent, 3)}`
  throw new CheckpointError(
    `model.weights: ${path} holds another architecture: ${what}. Choose the weights of model.architecture, in timm's names.`,
  )
}

/** Batch norm's count of batches: some publish without it, and nothing here reads it. */
function isCounter(name: string): boolean {
  return name.endsWith('.num_batches_tracked')
}

function isWeight(name: string): boolean {
  return name.endsWith('.weight')
}

function listed(names: readonly string[], most = 8): string {
  const rest = names.length - most
  return names.slice(0, most).join(', ') + (rest > 0 ? ` and ${rest} more` : '')
}
