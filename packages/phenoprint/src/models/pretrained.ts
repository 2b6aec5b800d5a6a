import { dispose, noGrad, readSafetensors, type Tensor, TorchError, tidy } from '@phenoprint/torch'
import type { Section } from '../config/config.js'
import { CheckpointError } from '../errors.js'
import { sentence } from '../words.js'
import { adaptStem } from './adapt-stem.js'
import type { Network } from './network.js'
import { asNamedToday } from './published-names.js'

/** What of a file of weights was used. */
export interface PretrainedReport {
  /** Tensors copied into the network. */
  readonly loaded: number
  /** Set when the first convolution was made for another number of channels, or is to be fresh. */
  readonly stem: { readonly got: number; readonly expected: number; readonly rule: StemRule } | null
  /** Set when the file's classes or features are not the network's: its last layer stays fresh. */
  readonly classifier: { readonly got: number; readonly expected: number } | null
  /** Names the network has and the file lacks; these keep their fresh values. */
  readonly missing: readonly string[]
  /** Names of the file that the network does not have. */
  readonly unexpected: readonly string[]
}

/** How the first convolution of a file is taken over. */
export type StemRule = Section<'model'>['stemWeights']

/**
 * Starts a network from published weights in timm's or torchvision's names. The first convolution is
 * adapted to the network's channels ({@link adaptStem}) or stays fresh; a last layer of another shape
 * keeps the fresh weights it was given, and so does a head that the file does not have.
 *
 * @param path A safetensors file.
 * @throws {CheckpointError} when the file is missing or broken, or is of another architecture: more
 *   than the first convolution and the head does not fit. It lists what is missing, what is not
 *   expected and what has another shape.
 */
export function loadPretrained(
  network: Network,
  path: string,
  stemRule: StemRule = 'scaled',
): PretrainedReport {
  const tensors = readWeights(path)
  try {
    return noGrad(() => tidy(() => load(network, path, asNamedToday(tensors), stemRule)))
  } finally {
    dispose(tensors)
  }
}

function load(
  network: Network,
  path: string,
  file: Map<string, Tensor>,
  rule: StemRule,
): PretrainedReport {
  const own = network.stateDict()
  const stem = takeStem(`${network.stemName}.weight`, file, own, rule)
  const classifierKey = `${network.headName}.weight`
  const classifier = changedShape(file.get(classifierKey), own.get(classifierKey))
  if (classifier !== null) {
    file.delete(classifierKey)
    file.delete(`${network.headName}.bias`)
  }
  const isHead = (name: string) => name.startsWith(`${network.headName}.`)
  refuseWeightsOfOthers(path, file, own, (name) => isHead(name) || name === stem?.fresh)
  const report = network.loadStateDict(file, { strict: false })
  const replaced = (name: string) => (classifier !== null && isHead(name)) || name === stem?.fresh
  return {
    loaded: file.size - report.unexpected.length,
    stem: stem?.report ?? null,
    classifier,
    missing: report.missing.filter((name) => !replaced(name) && !isCounter(name)),
    unexpected: report.unexpected,
  }
}

/** Adapts the file's first convolution, or takes it out where it is to be fresh. */
function takeStem(
  key: string,
  file: Map<string, Tensor>,
  own: ReadonlyMap<string, Tensor>,
  rule: StemRule,
): { report: NonNullable<PretrainedReport['stem']>; fresh: string | null } | null {
  const given = file.get(key)
  const wanted = own.get(key)
  if (given === undefined || wanted === undefined) return null
  const sizes = { got: given.shape[1] ?? 0, expected: wanted.shape[1] ?? 0 }
  if (rule === 'fresh') {
    file.delete(key)
    return { report: { ...sizes, rule }, fresh: key }
  }
  if (sizes.got === sizes.expected) return null
  file.set(key, adaptStem(given, sizes.expected, rule))
  return { report: { ...sizes, rule }, fresh: null }
}

/** What a report says to people, a line each. */
export function describePretrained(path: string, report: PretrainedReport): string[] {
  const { loaded, stem, classifier, missing, unexpected } = report
  const lines = [`Starts from ${path}: ${loaded} tensors loaded.`]
  if (stem !== null) {
    const { got, expected, rule } = stem
    lines.push(
      rule === 'fresh'
        ? `The first convolution was drawn afresh for ${expected} channels.`
        : `The first convolution was made for ${got} channels: ${rule === 'copied' ? 'copied' : 'adapted'} to ${expected}.`,
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
      `model.weights: cannot read ${path}: ${sentence(cause.message)} Expected a safetensors file of weights in timm's names or torchvision's.`,
      { cause },
    )
  }
}

/** The classes of two last layers whose shapes differ; null where they do not. */
function changedShape(
  got: Tensor | undefined,
  expected: Tensor | undefined,
): { got: number; expected: number } | null {
  if (got === undefined || expected === undefined) return null
  if (got.shape.join() === expected.shape.join()) return null
  return { got: got.shape[0] ?? 0, expected: expected.shape[0] ?? 0 }
}

function refuseWeightsOfOthers(
  path: string,
  file: ReadonlyMap<string, Tensor>,
  own: ReadonlyMap<string, Tensor>,
  mayBeFresh: (name: string) => boolean,
): void {
  const differing = [...own].flatMap(([name, tensor]) => {
    const got = file.get(name)?.shape
    if (got === undefined || got.join() === tensor.shape.join()) return []
    return [`${name} is [${got.join(', ')}], expected [${tensor.shape.join(', ')}]`]
  })
  const weights = [...own.keys()].filter((name) => isWeight(name) && !mayBeFresh(name))
  const absent = weights.filter((name) => !file.has(name))
  if (differing.length === 0 && absent.length < weights.length / 2) return
  const unexpected = [...file.keys()].filter((name) => !own.has(name) && !isCounter(name))
  const parts = [
    ...kind('of another shape', differing),
    ...kind('missing', absent),
    ...kind('unexpected', unexpected),
  ]
  throw new CheckpointError(
    `model.weights: ${path} holds another architecture: ${parts.join('; ')}. The network has ${weights.length} weights. Choose the weights of model.architecture, in timm's names or torchvision's.`,
  )
}

function kind(what: string, names: readonly string[]): string[] {
  return names.length === 0 ? [] : [`${names.length} ${what} (${listed(names, 3)})`]
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
