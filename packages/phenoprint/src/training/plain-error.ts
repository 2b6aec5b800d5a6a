import { TorchError } from '@phenoprint/torch'
import * as errors from '../errors.js'

/** An error as it crosses between threads, where classes are lost. */
export interface PlainError {
  readonly tag: string
  readonly message: string
  readonly stack: string | undefined
  readonly exitCode: number | undefined
  /** What caused it, as far as it can be told. */
  readonly cause: PlainError | undefined
}

const classes: Readonly<Record<string, new (message: string, options?: ErrorOptions) => Error>> = {
  UsageError: errors.UsageError,
  ConfigError: errors.ConfigError,
  RunDirectoryError: errors.RunDirectoryError,
  DataError: errors.DataError,
  ScreenError: errors.ScreenError,
  ImageError: errors.ImageError,
  StoreError: errors.StoreError,
  CheckpointError: errors.CheckpointError,
  PredictionError: errors.PredictionError,
  EarlierRunError: errors.EarlierRunError,
  ShapeError: errors.ShapeError,
  MachineError: errors.MachineError,
  DivergedError: errors.DivergedError,
}

/** An error as plain values. */
export function toPlainError(error: unknown): PlainError {
  if (!(error instanceof Error)) {
    const message = String(error)
    return { tag: 'Error', message, stack: undefined, exitCode: undefined, cause: undefined }
  }
  return {
    tag: error.name,
    message: error.message,
    stack: error.stack,
    exitCode: error instanceof errors.PhenoprintError ? error.exitCode : undefined,
    cause: error.cause === undefined ? undefined : toPlainError(error.cause),
  }
}

/** The error that the values were made from: of the same class where it is one of ours. */
export function fromPlainError({ tag, message, stack, exitCode, cause }: PlainError): Error {
  const error = make(
    tag,
    message,
    exitCode,
    cause === undefined ? undefined : fromPlainError(cause),
  )
  if (stack !== undefined) error.stack = stack
  return error
}

function make(
  tag: string,
  message: string,
  exitCode: number | undefined,
  cause: Error | undefined,
): Error {
  if (tag === 'InterruptedError') {
    return new errors.InterruptedError(message, exitCode === 143 ? 143 : 130)
  }
  const options = cause === undefined ? undefined : { cause }
  if (tag === 'TorchError') return new TorchError(message, { cause })
  const Class = classes[tag]
  if (Class !== undefined) return new Class(message, options)
  return new Error(message, options)
}
