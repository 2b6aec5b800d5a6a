import { TorchError } from '../errors.js'

/**
 * A file that is not what it should be.
 *
 * @param what Which part of the file.
 * @param got What it holds there.
 * @param expected What it should hold there.
 */
export function brokenFile(
  path: string,
  what: string,
  got: string,
  expected: string,
  cause?: unknown,
): TorchError {
  return new TorchError(
    `checkpoint ${path}: ${what}: got ${got}, expected ${expected}. The file is damaged, or not of its kind: take another copy, or an earlier checkpoint.`,
    { kind: 'checkpoint', cause },
  )
}

/** A file that is not there, or not to be read. */
export function unreadableFile(path: string, reason: string, cause: unknown): TorchError {
  return new TorchError(
    `checkpoint ${path}: cannot be opened: ${reason}. Check the path and who may read it.`,
    { kind: 'checkpoint', cause },
  )
}

/** What there is to say of a value in a message: shortened JSON. */
export function quoted(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}
