import type { Device } from '../dtype.js'
import { empty, operator } from '../ops/index.js'
import { tidy } from '../scope.js'
import type { Tensor } from '../tensor.js'
import { brokenFile } from './fault.js'
import { InputFile, writeWhole } from './file.js'
import {
  longestHeader,
  parseHeader,
  type SafetensorsHeader,
  type TensorEntry,
} from './safetensors-header.js'
import { layOut } from './safetensors-layout.js'

const isConj: (tensor: Tensor) => boolean = operator('aten::is_conj', '')
const isNeg: (tensor: Tensor) => boolean = operator('aten::is_neg', '')

export interface SafetensorsFile {
  /** In the order of their bytes in the file. */
  readonly tensors: Map<string, Tensor>
  readonly metadata: Readonly<Record<string, string>>
}

/** Bytes of the header's length, which stands at the front. */
const prefix = 8

/**
 * Reads a safetensors file, tensor by tensor straight into the tensors' own memory. The tensors belong to
 * the caller, or to the `tidy()` around.
 *
 * @throws {TorchError} of kind `checkpoint` when the file is missing, cut off, or not what its header
 *   says; no tensor is left behind then.
 */
export function readSafetensors(
  path: string,
  { device = 'cpu' }: { readonly device?: Device | undefined } = {},
): SafetensorsFile {
  using file = new InputFile(path)
  const { header, dataStart } = readHeader(file)
  const tensors = tidy(() => {
    const read = new Map<string, Tensor>()
    for (const entry of header.tensors) {
      read.set(
        entry.name,
        tidy(() => readTensor(file, dataStart, entry, device)),
      )
    }
    return read
  })
  return { tensors, metadata: header.metadata }
}

/**
 * What a safetensors file holds, without its tensors.
 *
 * @throws {TorchError} as {@link readSafetensors}.
 */
export function readSafetensorsHeader(path: string): SafetensorsHeader {
  using file = new InputFile(path)
  return readHeader(file).header
}

/**
 * Writes tensors of any device and strides as safetensors, one after another from their own memory. The
 * same tensors and metadata give the same bytes. The file appears whole or not at all.
 *
 * @throws {TorchError} when a file cannot hold a tensor's dtype or name, or it was disposed.
 * @throws The system's own error (code ENOSPC, EACCES, ...) when the disk does not take it.
 */
export function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>> = {},
): void {
  const layout = layOut(tensors, metadata)
  writeWhole(path, (append) => {
    append(layout.head)
    for (const tensor of layout.tensors) append(bytesOf(tensor))
  })
}

function readHeader(file: InputFile): { header: SafetensorsHeader; dataStart: number } {
  const { path, size } = file
  if (size < prefix) throw brokenFile(path, 'the file', `${size} bytes`, `at least ${prefix}`)
  const length = new DataView(file.read(0, prefix).buffer).getBigUint64(0, true)
  if (length > BigInt(longestHeader)) {
    throw brokenFile(path, 'its header', `${length} bytes`, `at most ${longestHeader}`)
  }
  const dataStart = prefix + Number(length)
  if (dataStart > size) {
    throw brokenFile(
      path,
      'the file',
      `${size} bytes`,
      `${dataStart} with its header: it is cut off`,
    )
  }
  const bytes = file.read(prefix, Number(length))
  return { header: parseHeader(path, bytes, size - dataStart), dataStart }
}

function readTensor(
  file: InputFile,
  dataStart: number,
  { dtype, shape, begin }: TensorEntry,
  device: Device,
): Tensor {
  const tensor = empty(shape, { dtype })
  file.readInto(new Uint8Array(tensor.memory()), dataStart + begin)
  return device === 'cpu' ? tensor : tensor.to({ device })
}

/** A tensor's elements in order: its own memory where they lie there so, else a copy. */
function bytesOf(tensor: Tensor): Uint8Array {
  if (isPlain(tensor)) return new Uint8Array(tensor.memory())
  const { buffer, byteOffset, byteLength } = tensor.toTypedArray()
  return new Uint8Array(buffer, byteOffset, byteLength)
}

/** Conjugated and negated tensors still hold the numbers from before. */
function isPlain(tensor: Tensor): boolean {
  return tensor.device === 'cpu' && isContiguous(tensor) && !isConj(tensor) && !isNeg(tensor)
}

function isContiguous({ shape, strides }: Tensor): boolean {
  let step = 1
  for (let dimension = shape.length - 1; dimension >= 0; dimension--) {
    const size = shape[dimension] ?? 1
    if (size !== 1 && strides[dimension] !== step) return false
    step *= size
  }
  return true
}
