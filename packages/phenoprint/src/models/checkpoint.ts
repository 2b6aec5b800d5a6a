import { copyFileSync, linkSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { type Tensor, TorchError } from '@phenoprint/torch'
import { z } from 'zod'
import { type Config, configSchema } from '../config/config.js'
import { CheckpointError } from '../errors.js'
import type { MetricsByCellType } from '../evaluation/metrics.js'
import { metricsByCellTypeSchema } from '../evaluation/metrics-schema.js'
import { commitFile, temporaryName, writeJson } from '../run/files.js'
import { sentence } from '../words.js'
import { type CheckpointChoice, findCheckpoint } from './checkpoint-path.js'
import { createNetwork } from './create-network.js'
import type { Network, NetworkDescription } from './network.js'
import { parseMetadata, useTensors, writeTensors } from './tensor-file.js'

/** What stands beside the weights. */
export interface CheckpointState {
  readonly description: NetworkDescription
  /** As resolved, without what no result depends on: where the run lies, the sections of other verbs. */
  readonly config: Config
  /** Epochs behind these weights, from 1. */
  readonly epoch: number
  /** Mean training loss of the last of them; null when it was not finite. */
  readonly trainingLoss: number | null
  /** Per unit, on the validation units; null without any. */
  readonly validation: MetricsByCellType | null
}

const stateSchema = z.object({
  description: z.object({
    architecture: z.string(),
    activation: z.string(),
    flavour: z.string(),
    head: z.string().default('linear'),
    channels: z.number(),
    classes: z.number(),
    cellTypes: z.array(z.string()).default([]),
    parameters: z.number(),
  }),
  config: configSchema,
  epoch: z.int().nonnegative(),
  trainingLoss: z.number().nullable(),
  validation: metricsByCellTypeSchema.nullable(),
})

/** The key of the state in a safetensors file's metadata. */
const metadataKey = 'phenoprint'

/**
 * Writes `<path>` (weights, with the state in its metadata: one file, whole or not at all) and the
 * state again beside it as `.json`, for people.
 *
 * @param path Ends in `.safetensors`.
 * @throws {MachineError} when the disk is full.
 */
export function saveCheckpoint(path: string, network: Network, state: CheckpointState): void {
  const kept = { ...state, config: lasting(state.config) }
  writeTensors(path, network.stateDict(), { [metadataKey]: JSON.stringify(kept) })
  writeJson(path.replace(/\.safetensors$/, '.json'), kept)
}

/** The same checkpoint under another name, without writing it again where the disk can link files. */
export function copyCheckpoint(from: string, to: string): void {
  for (const extension of ['.safetensors', '.json']) {
    const [source, target] = [from, to].map((path) => path.replace(/\.safetensors$/, extension))
    if (source === undefined || target === undefined) continue
    const part = temporaryName(target)
    try {
      linkSync(source, part)
    } catch {
      copyFileSync(source, part)
    }
    commitFile(part, target)
  }
}

/**
 * Puts a checkpoint's weights into a network.
 *
 * @throws {CheckpointError} when the file is missing, truncated, or of another architecture.
 */
export function loadCheckpoint(
  path: string,
  network: Network,
  expected: NetworkDescription,
): CheckpointState {
  return useTensors(path, ({ tensors, metadata }) => {
    const state = parseMetadata(path, metadata[metadataKey], stateSchema)
    refuseAnotherArchitecture(path, state.description, expected)
    fill(path, network, tensors)
    return state
  })
}

/** What a network with another head took of a checkpoint. */
export interface TransferReport {
  readonly state: CheckpointState
  /** Tensors of the network's head that the checkpoint has in the same shape: taken. */
  readonly taken: readonly string[]
  /** Those that it does not have so: they keep their fresh values. */
  readonly fresh: readonly string[]
}

/**
 * Puts a checkpoint's weights into a network that may have another head: the trunk as it is, and of the
 * head what has the same name and shape, as the rows of a linear head are the directions of a cosine head.
 *
 * @throws {CheckpointError} when the file is missing, truncated, or differs in more than the head.
 */
export function loadTrunk(
  path: string,
  network: Network,
  expected: NetworkDescription,
): TransferReport {
  return useTensors(path, ({ tensors, metadata }) => {
    const state = parseMetadata(path, metadata[metadataKey], stateSchema)
    const { head, parameters } = expected
    refuseAnotherArchitecture(path, { ...state.description, head, parameters }, expected)
    const isHead = (name: string) => name.startsWith(`${network.headName}.`)
    const own = network.stateDict()
    const fits = (name: string, tensor: Tensor) =>
      tensors.get(name)?.shape.join() === tensor.shape.join()
    const ofHead = [...own].filter(([name]) => isHead(name))
    const taken = ofHead.filter(([name, tensor]) => fits(name, tensor)).map(([name]) => name)
    const fresh = ofHead.filter(([name, tensor]) => !fits(name, tensor)).map(([name]) => name)
    const trunk = [...tensors].filter(([name]) => !isHead(name) || taken.includes(name))
    const kept = ofHead.filter(([name]) => fresh.includes(name))
    fill(path, network, new Map([...trunk, ...kept]))
    return { state, taken, fresh }
  })
}

/**
 * The network of a run, ready to predict (in evaluation mode, on the CPU).
 *
 * @param run Run directory of train or fine-tune.
 * @param cellType Needed for `bestByCellType` and for fine-tuned runs.
 * @throws {CheckpointError} when the checkpoint is missing, truncated or of another architecture.
 */
export function loadNetwork(
  run: string,
  choice: CheckpointChoice,
  cellType?: string,
): { network: Network; config: Config; description: NetworkDescription; path: string } {
  const path = findCheckpoint(run, choice, cellType)
  return useTensors(path, ({ tensors, metadata }) => {
    const { config, description } = parseMetadata(path, metadata[metadataKey], stateSchema)
    const network = createNetwork(config.model, description)
    fill(path, network, tensors)
    network.eval()
    return { network, config, description, path }
  })
}

/** @throws {CheckpointError} naming each field in which two networks differ. */
export function refuseAnotherArchitecture(
  path: string,
  got: NetworkDescription,
  expected: NetworkDescription,
): void {
  const wanted = new Map<string, unknown>(Object.entries(expected))
  const differing = Object.entries(got).flatMap(([field, value]) =>
    isDeepStrictEqual(wanted.get(field), value)
      ? []
      : [`${field}: got ${value}, expected ${wanted.get(field)}`],
  )
  if (differing.length === 0) return
  throw new CheckpointError(
    `checkpoint: ${path} is of another architecture: ${differing.join('; ')}. Use the model section of the run that made it, or another checkpoint.`,
  )
}

function fill(path: string, network: Network, tensors: ReadonlyMap<string, Tensor>): void {
  try {
    network.loadStateDict(tensors)
  } catch (cause) {
    if (!(cause instanceof TorchError)) throw cause
    throw new CheckpointError(
      `checkpoint: the weights in ${path} do not fit the network they say they are of: ${sentence(cause.message)} Train again with this version.`,
      { cause },
    )
  }
}

/** What results depend on: two runs in different folders write the same bytes. */
function lasting(config: Config): unknown {
  const {
    output: _output,
    stages: _stages,
    simulation: _simulation,
    screen: _screen,
    ...others
  } = config
  const { prediction: _prediction, ensemble: _ensemble, ...beforeCalls } = others
  const {
    assignment: _assignment,
    submission: _submission,
    explain: _explain,
    ...own
  } = beforeCalls
  const { training, store, ...rest } = own
  const { checkpointMinutes: _minutes, ...lastingTraining } = training
  const { verify: _verify, ...lastingStore } = store ?? {}
  return { ...rest, ...(store && { store: lastingStore }), training: lastingTraining }
}
