import fs from 'node:fs'
import { dirname } from 'node:path'
import type { Device } from '../dtype.js'
import { empty } from '../ops/index.js'
import type { Tensor } from '../tensor.js'
import {
  broken,
  codeOf,
  longestHeader,
  parseHeader,
  type SafetensorsHeader,
  type TensorEntry,
} from './safetensors-header.js'

export interface SafetensorsFile {
  readonly tensors: Map<string, Tensor>
  readonly metadata: Readonly<Record<string, string>>
}

/**
 * Reads a safetensors file, tensor by tensor straight into the tensors' own memory. The tensors are
 * the caller's to dispose.
 *
 * @throws {TorchError} of kind `checkpoint` when the file is missing, cut off, or not what its header says.
 */
export function readSafetensors(
  path: string,
  { device = 'cpu' }: { readonly device?: Device } = {},
): SafetensorsFile {
  const file = open(path)
  const tensors = new Map<string, Tensor>()
  try {
    const { header, dataStart } = readHeader(path, file)
    for (const entry of header.tensors) {
      const tensor = readTensor(path, file, dataStart, entry)
      tensors.set(entry.name, tensor)
      if (device !== 'cpu') {
        tensors.set(entry.name, tensor.to({ device }))
        tensor.dispose()
      }
    }
    return { tensors, metadata: header.metadata }
  } catch (error) {
    for (const tensor of tensors.values()) tensor.dispose()
    throw error
  } finally {
    fs.closeSync(file)
  }
}

/** The header alone: names, dtypes, shapes and metadata. */
export function readSafetensorsHeader(path: string): SafetensorsHeader {
  const file = open(path)
  try {
    return readHeader(path, file).header
  } finally {
    fs.closeSync(file)
  }
}

/**
 * Writes tensors as safetensors: sorted by name, so that the same tensors give the same bytes. The
 * file appears whole or not at all.
 */
export function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>> = {},
): void {
  const names = [...tensors.keys()].sort()
  const header = headerBytes(names, tensors, metadata)
  const temporary = `${path}.${process.pid}.tmp`
  const file = fs.openSync(temporary, 'w')
  try {
    writeAll(file, header)
    for (const name of names) {
      const tensor = tensors.get(name)
      if (tensor === undefined) continue
      const data = tensor.toTypedArray()
      writeAll(file, new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    }
    fs.fsyncSync(file)
    fs.closeSync(file)
    fs.renameSync(temporary, path)
  } catch (error) {
    closeQuietly(file)
    fs.rmSync(temporary, { force: true })
    throw error
  }
  syncFolder(dirname(path))
}

function open(path: string): number {
  try {
    return fs.openSync(path, 'r')
  } catch (error) {
    throw broken(path, `it cannot be opened (${error instanceof Error ? error.message : error})`)
  }
}

function readHeader(path: string, file: number): { header: SafetensorsHeader; dataStart: number } {
  const { size } = fs.fstatSync(file)
  const prefix = new Uint8Array(8)
  if (size < 8) throw broken(path, `got ${size} bytes, expected at least 8: the file is cut off`)
  readExactly(path, file, prefix, 0)
  const length = Number(new DataView(prefix.buffer).getBigUint64(0, true))
  if (length > longestHeader) {
    throw broken(path, `its header would take ${length} bytes, expected at most ${longestHeader}`)
  }
  if (8 + length > size) {
    throw broken(
      path,
      `its header would end at byte ${8 + length}, but the file has ${size}: it is cut off`,
    )
  }
  const json = new Uint8Array(length)
  readExactly(path, file, json, 8)
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(json)
  } catch {
    throw broken(path, 'its header is not UTF-8')
  }
  return { header: parseHeader(path, text, size - 8 - length), dataStart: 8 + length }
}

function readTensor(path: string, file: number, dataStart: number, entry: TensorEntry): Tensor {
  const tensor = empty(entry.shape, { dtype: entry.dtype }).keep()
  try {
    if (entry.end > entry.begin) {
      readExactly(path, file, new Uint8Array(tensor.memory()), dataStart + entry.begin)
    }
    return tensor
  } catch (error) {
    tensor.dispose()
    throw error
  }
}

/** Fills an array from a place of a file; one read gives at most 2 GiB. */
function readExactly(path: string, file: number, into: Uint8Array, position: number): void {
  for (let done = 0; done < into.length; ) {
    const count = Math.min(into.length - done, 1 << 30)
    const got = fs.readSync(file, into, done, count, position + done)
    if (got === 0) throw broken(path, `it ends at byte ${position + done}: it is cut off`)
    done += got
  }
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) {
    done += fs.writeSync(file, bytes, done, Math.min(bytes.length - done, 1 << 30))
  }
}

function headerBytes(
  names: readonly string[],
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const keys = Object.keys(metadata).sort()
  const parts: string[] = []
  if (keys.length > 0) {
    const sorted = keys.map((key) => `${JSON.stringify(key)}:${JSON.stringify(metadata[key])}`)
    parts.push(`"__metadata__":{${sorted.join(',')}}`)
  }
  let offset = 0
  for (const name of names) {
    const tensor = tensors.get(name)
    if (tensor === undefined) continue
    const end = offset + tensor.byteLength
    const entry = { dtype: codeOf(tensor.dtype), shape: tensor.shape, data_offsets: [offset, end] }
    parts.push(`${JSON.stringify(name)}:${JSON.stringify(entry)}`)
    offset = end
  }
  const json = new TextEncoder().encode(`{${parts.join(',')}}`)
  // Spaces at the end let the first tensor begin at a multiple of 8 bytes.
  const length = Math.ceil(json.length / 8) * 8
  const bytes = new Uint8Array(8 + length).fill(0x20)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true)
  bytes.set(json, 8)
  return bytes
}

function closeQuietly(file: number): void {
  try {
    fs.closeSync(file)
  } catch {
    // It was closed before the rename failed.
  }
}

/** Makes the rename last through a power cut. */
function syncFolder(folder: string): void {
  const handle = fs.openSync(folder, 'r')
  try {
    fs.fsyncSync(handle)
  } finally {
    fs.closeSync(handle)
  }
}
