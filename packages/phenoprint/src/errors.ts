/**
 * Every fault a person can cause or meet, as a class with fields. The message says what, where,
 * got, expected and what to do next; the exit code says which kind of fault it was.
 */
export abstract class PhenoprintError extends Error {
  abstract readonly _tag: string
  abstract readonly exitCode: number
  override get name(): string {
    return this._tag
  }
}

/** Usage, configuration, or a run directory that another process holds. Exit code 2. */
export class UsageError extends PhenoprintError {
  readonly _tag: string = 'UsageError'
  readonly exitCode = 2
}

/** A configuration file that cannot be used: unknown key, wrong type, missing file. Exit code 2. */
export class ConfigError extends UsageError {
  override readonly _tag = 'ConfigError'
}

/** A run directory in use by another process, or holding another run. Exit code 2. */
export class RunDirectoryError extends UsageError {
  override readonly _tag = 'RunDirectoryError'
}

/** A fault of an image, table, store or checkpoint. Exit code 3. */
export class DataError extends PhenoprintError {
  readonly _tag: string = 'DataError'
  readonly exitCode = 3
}

/** A table or folder that does not describe a screen. Exit code 3. */
export class ScreenError extends DataError {
  override readonly _tag = 'ScreenError'
}

/** An image that cannot be read, or is not of the size or kind its screen has. Exit code 3. */
export class ImageError extends DataError {
  override readonly _tag = 'ImageError'
}

/** A store that is missing, broken, or made from something else. Exit code 3. */
export class StoreError extends DataError {
  override readonly _tag = 'StoreError'
}

/** A checkpoint that is missing, broken, or of another architecture. Exit code 3. */
export class CheckpointError extends DataError {
  override readonly _tag = 'CheckpointError'
}

/** Predictions that are missing, broken, or do not fit together. Exit code 3. */
export class PredictionError extends DataError {
  override readonly _tag = 'PredictionError'
}

/** A run that another verb builds on: missing, of another verb or version, or not finished. Exit code 3. */
export class EarlierRunError extends DataError {
  override readonly _tag = 'EarlierRunError'
}

/** Numbers whose shapes do not fit. Exit code 3. */
export class ShapeError extends DataError {
  override readonly _tag = 'ShapeError'
}

/** Rows that cannot each have a column of their own. Exit code 3. */
export class AssignmentError extends DataError {
  override readonly _tag = 'AssignmentError'
  constructor(
    message: string,
    /** These rows ... */
    readonly rows: readonly number[],
    /** ... may only have these columns, which are fewer. */
    readonly columns: readonly number[],
  ) {
    super(message)
  }
}

/** The engine or the machine: no libtorch, too little memory, a full disk. Exit code 4. */
export class MachineError extends PhenoprintError {
  readonly _tag = 'MachineError'
  readonly exitCode = 4
}

/** Training left the numbers, or ran away: a loss that is not finite, or explodes. Exit code 5. */
export class DivergedError extends PhenoprintError {
  readonly _tag = 'DivergedError'
  readonly exitCode = 5
}

/** A person or the system asked to stop (SIGINT 130, SIGTERM 143). */
export class InterruptedError extends PhenoprintError {
  readonly _tag = 'InterruptedError'
  constructor(
    message: string,
    readonly exitCode: 130 | 143,
  ) {
    super(message)
  }
}
