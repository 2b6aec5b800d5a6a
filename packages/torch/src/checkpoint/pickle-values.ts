/**
 * What pickles are made of: plain data, and extras that stand for what the caller knows. Tuples are readonly
 * arrays.
 */
export type PickleValue =
  | PickleKey
  | Uint8Array
  | PickleList
  | PickleDict
  | PickleExtra
  | readonly PickleValue[]

/** What a dictionary may have as a key. */
export type PickleKey = null | boolean | number | bigint | string

export class PickleList {
  readonly items: PickleValue[] = []
}

export class PickleDict {
  readonly entries = new Map<PickleKey, PickleValue>()
}

/** What a known global, a persistent id, or a call of a known function becomes. */
export abstract class PickleExtra {
  /** In words, for messages. */
  abstract readonly words: string
}

export function isKey(value: PickleValue | undefined): value is PickleKey {
  return value !== undefined && (value === null || typeof value !== 'object')
}

/** A pickle that is not what it should be. */
export class PickleFault extends Error {
  constructor(
    readonly got: string,
    readonly expected: string,
  ) {
    super(`got ${got}, expected ${expected}`)
  }
}
