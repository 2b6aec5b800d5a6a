import { TorchError, type TorchErrorDetails } from '@phenoprint/torch'
import * as errors from '../errors.js'

/** An error as it crosses between threads, where classes are lost. */
export interface PlainError {
  readonly tag: string
  readonly message: string
  readonly stack: string | undefined
  readonly exitCode: number | undefined
  /** What an error of the engine has besides: its kind decides the exit code. */
  readonly engine: Omit<TorchErrorDetails, 'cause'> | undefined
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

const unknownOrigin = {
  tag: 'Error',
  stack: undefined,
  exitCode: undefined,
  engine: undefined,
  cause: undefined,
}

/** An error as plain values. */
export function toPlainError(error: unknown): PlainError {
  if (!(error instanceof Error)) {
    const message = String(error)
    return { ...unknownOrigin, message }
  }
  return {
    tag: error.name,
    message: error.message,
    stack: error.stack,
    exitCode: error instanceof errors.PhenoprintError ? error.exitCode : undefined,
    engine: error instanceof TorchError ? detailsOf(error) : undefined,
    cause: error.cause === undefined ? undefined : toPlainError(error.cause),
  }
}

function detailsOf({ kind, operator, argument, shapes }: TorchError): PlainError['engine'] {
  return {
    kind,
    ...(operator !== undefined && { operator }),
    ...(argument !== undefined && { argument }),
    ...(shapes !== undefined && { shapes }),
  }
}

/** The error that the values were made from: of the same class where it is one of ours. */
export function fromPlainError(plain: PlainError): Error {
  const error = make(plain)
  if (plain.stack !== undefined) error.stack = plain.stack
  return error
}

function make({ tag, message, exitCode, engine, cause }: PlainError): Error {
  if (tag === 'InterruptedError') {
    return new errors.InterruptedError(message, exitCode === 143 ? 143 : 130)
  }
  const options = cause === undefined ? undefined : { cause: fromPlainError(cause) }
  if (tag === 'TorchError') return new TorchError(message, { ...engine, ...options })
  const Class = classes[tag]
  if (Class !== undefined) return new Class(message, options)
  return new Error(message, options)
}
