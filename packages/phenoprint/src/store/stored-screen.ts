import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { errorCode } from '../error-code.js'
import { StoreError } from '../errors.js'
import { writeFileAtomic } from '../run/files.js'
import type { Screen } from '../screen/screen.js'

const index = z.int().nonnegative()
const indices = z.array(index).readonly()

const screenSchema = z.object({
  name: z.string(),
  unitKind: z.enum(['well', 'image']),
  channels: z
    .array(
      z.object({
        name: z.string(),
        color: z.string().exactOptional(),
        plane: index.exactOptional(),
      }),
    )
    .readonly(),
  classes: index,
  controlClasses: index,
  classNames: z.array(z.string()).readonly().nullable(),
  plates: z
    .array(
      z.object({
        id: z.string(),
        experiment: z.string(),
        cellType: z.string(),
        plate: z.string(),
        units: indices,
      }),
    )
    .readonly(),
  units: z
    .array(
      z.object({
        id: z.string(),
        plate: index,
        well: z.string(),
        role: z.enum(['treatment', 'negativeControl', 'positiveControl']),
        label: index.nullable(),
        part: z.enum(['train', 'test']),
        code: z.string(),
        sites: indices,
      }),
    )
    .readonly(),
  sites: z
    .array(
      z.object({
        id: z.string(),
        site: z.string(),
        unit: index,
        images: z.array(z.string()).readonly(),
      }),
    )
    .readonly(),
  synthetic: z.boolean(),
})

const storedSchema = z.object({
  format: z.literal('phenoprint-store'),
  version: z.literal(1),
  digest: z.string(),
  image: z.object({
    channels: index,
    height: index,
    width: index,
    dtype: z.enum(['uint8', 'uint16']),
  }),
  tile: z.tuple([index, index]),
  codec: z.enum(['none', 'zstd']),
  /** One for each plate of the screen, in its order. */
  files: z.array(z.object({ name: z.string(), bytes: index, digest: z.string() })).readonly(),
  /** Where the pixels are, in OME-Zarr plates that are read in place; without it, in the files. */
  inPlace: z
    .object({
      /** The screen's folder, from the store's. */
      folder: z.string(),
      /** The field of each site, from the screen's folder. */
      fields: z.array(z.string()).readonly(),
    })
    .exactOptional(),
  screen: screenSchema,
})

/** The content of `screen.json`: what a store holds, and where. */
export type StoredScreen = Readonly<z.output<typeof storedSchema>>

/** A screen with what a store keeps of it and no more, keys in a fixed order. */
export function storedForm(screen: Screen): Screen {
  return screenSchema.parse(screen)
}

export const screenFile = 'screen.json'

/**
 * The digest of a store: of its pixels (through the digests of its plates) and of its screen, and of
 * nothing else. Another tile size or codec, another place, another day: the same digest.
 */
export function storeDigest(
  screen: Screen,
  image: StoredScreen['image'],
  plates: readonly string[],
): string {
  return createHash('sha256').update(JSON.stringify({ image, screen, plates })).digest('hex')
}

/** Writes `screen.json`, on one line: that of a full screen has 190,000 entries. */
export function writeStoredScreen(folder: string, stored: StoredScreen): void {
  writeFileAtomic(join(folder, screenFile), `${JSON.stringify(stored)}\n`)
}

/** The content of `screen.json`, or null when the store is not finished. */
export function readStoredScreen(folder: string): StoredScreen | null {
  const path = join(folder, screenFile)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    const code = errorCode(cause)
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    throw new StoreError(
      `store: ${path} cannot be read: ${cause}. Check its permissions, and those of its folder.`,
      { cause },
    )
  }
  return parse(path, text)
}

function parse(path: string, text: string): StoredScreen {
  const next = 'Delete it and run preprocess again: plates that are whole are kept.'
  try {
    return storedSchema.parse(JSON.parse(text))
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause)
    throw new StoreError(`store: ${path} is damaged, or of another version: ${reason}. ${next}`, {
      cause,
    })
  }
}
