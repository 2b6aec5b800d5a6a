import { rmSync } from 'node:fs'
import {
  generatorState,
  type optim,
  setGeneratorState,
  type Tensor,
  TorchError,
  tensor,
  tidy,
} from '@phenoprint/torch'
import { z } from 'zod'
import { CheckpointError } from '../errors.js'

import type { Network } from '../models/network.js'
import { parseMetadata, useTensors, writeTensors } from '../models/tensor-file.js'
import { sentence } from '../words.js'
import { type TrainingState, trainingStateSchema } from './training-state.js'

const metadataSchema = z.object({
  state: trainingStateSchema,
  optimiser: z.object({
    groups: z.array(z.object({ learningRate: z.number(), weightDecay: z.number() })),
  }),
  /** Updates of the average. */
  averaged: z.int().nonnegative().default(0),
  /** Of the loss, where it is enlarged. */
  scaler: z.object({ scale: z.number().positive(), streak: z.int().nonnegative() }).optional(),
})

/** What moves in training. */
export interface Learner {
  readonly network: Network
  readonly optimiser: optim.Optimiser
  readonly device: string
  /** Of the weights; null without one. */
  readonly average: optim.WeightAverage | null
  /** Of the loss and the gradients; null leaves them. */
  readonly scaler: optim.GradScaler | null
}

const metadataKey = 'training'

/**
 * Writes everything that the next step depends on into one file, whole or not at all: weights and
 * running statistics, the optimiser's moments and slow weights, the average, the engine's generators, and the
 * state.
 *
 * @throws {MachineError} when the disk is full.
 */
export function saveResumePoint(path: string, learner: Learner, state: TrainingState): void {
  tidy(() => {
    const { tensors, scalars } = learner.optimiser.stateDict()
    const all = new Map<string, Tensor>([
      ...prefixed('network', learner.network.stateDict()),
      ...prefixed('optimiser', tensors),
      ...prefixed('average', learner.average?.stateDict().tensors ?? new Map()),
    ])
    for (const device of generators(learner)) {
      all.set(`generator/${device}`, tensor(generatorState(device)))
    }
    const averaged = learner.average?.count ?? 0
    const scaler = learner.scaler?.state
    const metadata = {
      [metadataKey]: JSON.stringify({ state, optimiser: scalars, averaged, scaler }),
    }
    writeTensors(path, all, metadata)
  })
}

/**
 * Puts network, optimiser and generators back to where a resume point was written.
 *
 * @returns The state to go on from.
 * @throws {CheckpointError} when the file is broken or of another network.
 */
export function loadResumePoint(path: string, learner: Learner): TrainingState {
  return useTensors(path, ({ tensors, metadata }) => {
    const { state, optimiser, averaged, scaler } = parseMetadata(
      path,
      metadata[metadataKey],
      metadataSchema,
    )
    try {
      learner.network.loadStateDict(under('network', tensors))
      learner.optimiser.loadStateDict({ tensors: under('optimiser', tensors), scalars: optimiser })
      if (learner.scaler !== null && scaler !== undefined) learner.scaler.state = scaler
      learner.average?.loadStateDict({ tensors: under('average', tensors), count: averaged })
      for (const [device, saved] of under('generator', tensors)) {
        setGeneratorState(bytesOf(saved), device)
      }
    } catch (cause) {
      if (!(cause instanceof TorchError)) throw cause
      throw new CheckpointError(
        `checkpoint: ${path} does not fit this run: ${sentence(cause.message)} Delete it to train from the start.`,
        { cause },
      )
    }
    return state
  })
}

/** After the end nothing needs it any more. */
export function removeResumePoint(path: string): void {
  rmSync(path, { force: true })
}

function generators({ device }: Learner): string[] {
  return device === 'cpu' ? ['cpu'] : ['cpu', device]
}

function bytesOf(saved: Tensor): Uint8Array {
  const bytes = saved.toTypedArray()
  if (!(bytes instanceof Uint8Array)) throw new TorchError('the generator state is not bytes')
  return bytes
}

function prefixed(prefix: string, tensors: ReadonlyMap<string, Tensor>): [string, Tensor][] {
  return [...tensors].map(([name, value]) => [`${prefix}/${name}`, value])
}

function under(prefix: string, tensors: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  const start = `${prefix}/`
  const inside = [...tensors].filter(([name]) => name.startsWith(start))
  return new Map(inside.map(([name, value]) => [name.slice(start.length), value]))
}
