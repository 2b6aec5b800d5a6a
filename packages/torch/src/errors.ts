/** What kind of fault it was: which cure to look for. */
export type TorchErrorKind =
  | 'engine'
  | 'argument'
  | 'disposed'
  | 'memory'
  | 'operator'
  | 'checkpoint'
  | 'ranks'

/** What a {@link TorchError} has besides its message. */
export interface TorchErrorDetails {
  readonly kind?: TorchErrorKind
  readonly operator?: string
  readonly argument?: string
  readonly shapes?: Readonly<Record<string, readonly number[]>>
  readonly cause?: unknown
}

/**
 * The one error of this package: whatever libtorch, the binding or a checkpoint objects to.
 *
 * `kind` is `engine` (libtorch is missing or cannot be loaded), `argument` (a value that the operator
 * cannot take), `disposed` (a tensor that was freed), `memory` (not enough of it), `operator`
 * (libtorch's own objection: shapes, dtypes, devices), `checkpoint`, or `ranks` (one of several processes is lost).
 */
export class TorchError extends Error {
  readonly _tag = 'TorchError'
  readonly kind: TorchErrorKind
  /** With its namespace and overload: `aten::add.Tensor`. */
  declare readonly operator?: string
  /** The name in the operator's schema. */
  declare readonly argument?: string
  /** Of the tensors that the operator was given, by argument; `tensors[2]` for an element of a list. */
  declare readonly shapes?: Readonly<Record<string, readonly number[]>>

  constructor(message: string, details: TorchErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.kind = details.kind ?? 'operator'
    if (details.operator !== undefined) this.operator = details.operator
    if (details.argument !== undefined) this.argument = details.argument
    if (details.shapes !== undefined) this.shapes = details.shapes
  }

  override get name(): string {
    return this._tag
  }
}
