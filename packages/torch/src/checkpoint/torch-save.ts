import { noGrad } from '../autograd.js'
import { empty, operator } from '../ops/index.js'
import { tidy } from '../scope.js'
import type { Tensor } from '../tensor.js'
import { brokenFile, quoted } from './fault.js'
import { InputFile } from './file.js'
import { namedTensors } from './named-tensors.js'
import { readPickle } from './pickle.js'
import { PickleFault } from './pickle-values.js'
import { type StoredMemory, type StoredTensor, torchMeanings } from './torch-tensors.js'
import { ZipArchive, type ZipEntry } from './zip-archive.js'

const asStrided: (
  tensor: Tensor,
  size: readonly number[],
  stride: readonly number[],
  offset: number,
) => Tensor = operator('aten::as_strided', '')
const conjugate: (tensor: Tensor) => Tensor = operator('aten::_conj', '')
const negative: (tensor: Tensor) => Tensor = operator('aten::_neg_view', '')

const longestPickle = 100_000_000

/**
 * Reads the tensors in a file of PyTorch's `torch.save` (1.6 or newer): those of a state dictionary by their
 * names, those of nested dictionaries and lists by the path to them, as in `state.0.exp_avg`. A tensor that
 * was saved by itself is called `tensor`. They come on the CPU, without gradients, with the strides that they
 * had; tensors that shared memory share it again, and what is no tensor is left out.
 *
 * The pickle in the file is interpreted for this alone: nothing in it is executed.
 *
 * @returns the tensors, which belong to the caller, or to the `tidy()` around.
 * @throws {TorchError} of kind `checkpoint` when the file is missing, damaged, of PyTorch's older format, or
 *   names anything besides tensors and plain data; no tensor is left behind then.
 */
export function readTorchSave(path: string): Map<string, Tensor> {
  using file = new InputFile(path)
  const archive = new ZipArchive(file)
  const folder = archiveFolder(archive)
  requireLittleEndian(archive, folder)
  const stored = storedTensors(archive, folder)
  return noGrad(() => tidy(() => new TensorReader(archive, folder).readAll(stored)))
}

/** The one folder in the archive, which torch.save names after the file. */
function archiveFolder({ file, entries }: ZipArchive): string {
  const folders = [...entries.keys()].flatMap(
    (name) => /^([^/]+)\/data\.pkl$/.exec(name)?.[1] ?? [],
  )
  const [folder] = folders
  if (folder !== undefined && folders.length === 1) return folder
  throw brokenFile(
    file.path,
    'the archive',
    `${folders.length} folders with a data.pkl`,
    'one, as torch.save writes it',
  )
}

function requireLittleEndian(archive: ZipArchive, folder: string): void {
  const entry = archive.entries.get(`${folder}/byteorder`)
  if (entry === undefined) return
  const order = new TextDecoder().decode(content(archive, entry, 16))
  if (order === 'little') return
  throw brokenFile(archive.file.path, 'its byte order', quoted(order), '"little"')
}

function storedTensors(archive: ZipArchive, folder: string): Map<string, StoredTensor> {
  const entry = archive.entries.get(`${folder}/data.pkl`)
  if (entry === undefined) throw brokenFile(archive.file.path, 'the archive', 'none', 'data.pkl')
  try {
    return namedTensors(readPickle(content(archive, entry, longestPickle), torchMeanings))
  } catch (error) {
    if (!(error instanceof PickleFault)) throw error
    throw brokenFile(archive.file.path, 'its pickle', error.got, error.expected)
  }
}

function content(archive: ZipArchive, entry: ZipEntry, most: number): Uint8Array {
  const { name, length } = entry
  if (length > most) {
    throw brokenFile(
      archive.file.path,
      `${quoted(name)} in it`,
      `${length} bytes`,
      `at most ${most}`,
    )
  }
  const bytes = new Uint8Array(length)
  archive.readInto(entry, bytes)
  return bytes
}

class TensorReader {
  readonly #memories = new Map<string, { readonly stored: StoredMemory; readonly bytes: Tensor }>()

  constructor(
    private readonly archive: ZipArchive,
    private readonly folder: string,
  ) {}

  readAll(tensors: ReadonlyMap<string, StoredTensor>): Map<string, Tensor> {
    const made = new Map<StoredTensor, Tensor>()
    for (const stored of new Set(tensors.values())) made.set(stored, this.#read(stored))
    return new Map(
      [...tensors].flatMap(([name, stored]) => {
        const tensor = made.get(stored)
        return tensor === undefined ? [] : [[name, tensor]]
      }),
    )
  }

  #read({ memory, dtype, offset, shape, strides, marks }: StoredTensor): Tensor {
    const elements = this.#memory(memory).viewDtype(dtype)
    let tensor = asStrided(elements, shape, strides, shape.includes(0) ? 0 : offset)
    if (marks.conjugated) tensor = conjugate(tensor)
    if (marks.negated) tensor = negative(tensor)
    return tensor
  }

  /** The bytes of a storage, read once, in as many whole elements of 16 bytes as hold them. */
  #memory(stored: StoredMemory): Tensor {
    const { path } = this.archive.file
    const known = this.#memories.get(stored.key)
    if (known !== undefined) {
      if (known.stored.bytes === stored.bytes) return known.bytes
      throw brokenFile(path, `storage ${quoted(stored.key)}`, 'two sizes', 'one')
    }
    const entry = this.archive.entries.get(`${this.folder}/data/${stored.key}`)
    if (entry?.length !== stored.bytes) {
      throw brokenFile(
        path,
        `storage ${quoted(stored.key)}`,
        entry === undefined ? 'no such file in the archive' : `${entry.length} bytes`,
        `${stored.bytes} bytes`,
      )
    }
    const bytes = empty([Math.ceil(stored.bytes / 16) * 16], { dtype: 'uint8' })
    this.archive.readInto(entry, new Uint8Array(bytes.memory(), 0, stored.bytes))
    this.#memories.set(stored.key, { stored, bytes })
    return bytes
  }
}
