import { existsSync, statSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { StoreError } from '../errors.js'
import type { Channel } from '../screen/screen.js'
import { sentence } from '../words.js'
import type { Codec } from './encode-site.js'
import type { PlatePlan } from './plate-plan.js'
import type { WrittenPlate } from './plate-writer.js'
import { checked } from './shard.js'
import { plateDigest } from './site-statistics.js'
import type { Tiling } from './tiling.js'
import { ZipReader } from './zip-reader.js'

/** What decides the bytes of a plate besides its images. Told by the plate itself. */
export interface PlateSettings {
  readonly format: 2
  readonly image: readonly [channels: number, height: number, width: number]
  readonly dtype: string
  readonly tile: readonly [height: number, width: number]
  readonly codec: string
  readonly channels: readonly Channel[]
}

const rootSchema = z.object({
  attributes: z.object({
    phenoprint: z.object({
      settings: z.record(z.string(), z.unknown()),
      sources: z.string(),
    }),
  }),
})

export function plateSettings(
  { image, tile }: Tiling,
  codec: Codec | 'in place',
  channels: readonly Channel[],
): PlateSettings {
  return {
    format: 2,
    image: [image.channels, image.height, image.width],
    dtype: image.dtype,
    tile: [tile.height, tile.width],
    codec,
    channels,
  }
}

/**
 * A plate that an earlier run finished, or null when there is none yet.
 *
 * @param sources Digest of the files it is to be made from.
 * @throws {StoreError} when there is a plate of other settings or files, or a damaged one.
 */
export function existingPlate(
  path: string,
  plan: PlatePlan,
  settings: PlateSettings,
  sources: string,
): WrittenPlate | null {
  if (!existsSync(path)) return null
  using zip = ZipReader.open(path)
  const { settings: was, sources: wasSources } = readRoot(zip).attributes.phenoprint
  const differing = Object.entries(settings).filter(
    ([key, value]) => !isDeepStrictEqual(was[key], value),
  )
  if (differing.length > 0) {
    const list = differing.map(
      ([key, value]) => `${key}: got ${text(was[key])}, expected ${text(value)}`,
    )
    throw new StoreError(
      `store: ${path} was made with other settings (${list.join('; ')}). Set store.path to another folder, or delete this store to make it anew.`,
    )
  }
  if (wasSources !== sources) {
    throw new StoreError(
      `store: ${path} was made from other image files than the ${plan.sites.length} sites of plate ${plan.plate.id} now have (some came, went, or changed in size). Delete this file to make the plate anew, or set store.path to another folder.`,
    )
  }
  const digests = readDigests(zip)
  return { bytes: statSync(path).size, digest: plateDigest(plan.sites, digests) }
}

/** @throws {StoreError} when the archive is not a plate of ours. */
function readRoot(zip: ZipReader): z.output<typeof rootSchema> {
  const bytes = zip.entry('zarr.json')
  try {
    return rootSchema.parse(JSON.parse(Buffer.from(bytes).toString()))
  } catch (cause) {
    throw new StoreError(
      `store: ${zip.path}: this is no plate that preprocess wrote. Move it away, or set store.path to another folder.`,
      { cause },
    )
  }
}

/** @throws {StoreError} when they are damaged. */
function readDigests(zip: ZipReader): Uint8Array {
  const bytes = zip.entry('statistics/digest/c/0/0')
  try {
    return checked(bytes, 'digests')
  } catch (cause) {
    if (!(cause instanceof StoreError)) throw cause
    throw new StoreError(
      `store: ${zip.path}: ${sentence(cause.message)} Delete this file and run preprocess again: it makes what is missing.`,
      { cause },
    )
  }
}

function text(value: unknown): string {
  return JSON.stringify(value) ?? 'nothing'
}
