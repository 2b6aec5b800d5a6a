import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import {
  dispose,
  readSafetensors,
  type Tensor,
  TorchError,
  writeSafetensors,
} from '@phenoprint/torch'
import type { z } from 'zod'
import { CheckpointError } from '../errors.js'
import { diskFault } from '../run/disk-fault.js'
import { sentence } from '../words.js'

/** The tensors and metadata of a safetensors file. */
export type TensorFile = ReturnType<typeof readSafetensors>

/**
 * Writes a safetensors file whole or not at all, and makes the folder it lies in.
 *
 * @throws {MachineError} when the disk is full or cannot be written.
 */
export function writeTensors(
  path: string,
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>>,
): void {
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeSafetensors(path, tensors, metadata)
  } catch (cause) {
    const bytes = [...tensors.values()].reduce((sum, tensor) => sum + tensor.byteLength, 0)
    throw diskFault(cause, path, bytes)
  }
}

/**
 * Reads a safetensors file that training wrote, and frees its tensors after use.
 *
 * @throws {CheckpointError} when it is missing, truncated, or not a safetensors file.
 */
export function useTensors<T>(path: string, use: (file: TensorFile) => T): T {
  if (!existsSync(path)) {
    throw new CheckpointError(
      `checkpoint: there is no ${path}. Expected a file that training wrote.`,
    )
  }
  const file = read(path)
  try {
    return use(file)
  } finally {
    dispose(file.tensors)
  }
}

function read(path: string): TensorFile {
  try {
    return readSafetensors(path)
  } catch (cause) {
    if (!(cause instanceof TorchError) || cause.kind === 'memory') throw cause
    // The engine names the file, what is wrong in it, and what to do.
    throw new CheckpointError(sentence(cause.message.replace(/^checkpoint /, 'checkpoint: ')), {
      cause,
    })
  }
}

/**
 * The JSON value in a file's metadata, checked.
 *
 * @throws {CheckpointError} when it is not there or not what is expected.
 */
export function parseMetadata<T extends z.ZodType>(
  path: string,
  text: string | undefined,
  schema: T,
): z.output<T> {
  try {
    return schema.parse(JSON.parse(text ?? ''))
  } catch (cause) {
    throw new CheckpointError(
      `checkpoint: ${path} holds tensors but not the state that Phenoprint writes with them. Expected a checkpoint of train or fine-tune; published weights go to model.weights.`,
      { cause },
    )
  }
}
