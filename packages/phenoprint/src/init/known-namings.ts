import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FolderListing } from './list-folder.js'
import { type Naming, type PlacePart, type ReadPlace, readBy } from './place-pattern.js'

/** Share of the images that must be named so for a naming to be taken. */
const share = 0.9

/**
 * ImageXpress (MetaXpress): `<plate>_B02_s1_w2<id>.tif`, in folders `TimePoint_1` and `ZStep_2` where
 * there are some. Where the file says no plate, the folder above does.
 */
const imageXpressParts: readonly PlacePart[] = [
  'time',
  'plane',
  'plate',
  'well',
  'site',
  'channel',
  'rest',
]
const imageXpress = readBy(
  /^(?:(?!TimePoint_|ZStep_)[^/]+\/)*(?:TimePoint_(?<time>\d+)\/)?(?:ZStep_(?<plane>\d+)\/)?(?<plate>[^/]+)_(?<well>[A-P]\d{2})(?:_s(?<site>\d+))?(?:_w(?<channel>\d+))?(?<rest>[0-9A-F]{8}-[0-9A-F-]+)?\.tiff?$/di,
  imageXpressParts,
)
const imageXpressFolder = readBy(
  /^(?:.*\/)?(?<plate>(?!TimePoint_|ZStep_)[^/]+)\/(?:TimePoint_(?<time>\d+)\/)?(?:ZStep_(?<plane>\d+)\/)?(?<well>[A-P]\d{2})(?:_s(?<site>\d+))?(?:_w(?<channel>\d+))?(?<rest>[0-9A-F]{8}-[0-9A-F-]+)?\.tiff?$/di,
  imageXpressParts,
)

/** Opera Phenix and Operetta (Harmony): `<plate>/Images/r02c03f01p01-ch1sk1fk1fl1.tiff`. */
const harmonyParts: readonly PlacePart[] = [
  'plate',
  'row',
  'column',
  'site',
  'plane',
  'channel',
  'time',
]
const harmony = readBy(
  /^(?:(?:.*\/)?(?<plate>(?!Images\/)[^/]+)\/)?(?:Images\/)?r(?<row>\d+)c(?<column>\d+)f(?<site>\d+)p(?<plane>\d+)-ch(?<channel>\d+)(?:t\d+)?sk(?<time>\d+)fk\d+fl\d+\.tiff?$/d,
  harmonyParts,
)

/** The naming of an instrument that most images of a folder follow; null for any other. */
export async function knownNaming(listing: FolderListing): Promise<Naming | null> {
  const fits = (read: ReadPlace, needs: PlacePart) => {
    const read_ = listing.images.map(read)
    const named = read_.filter((spans) => spans?.some(({ part }) => part === needs)).length
    return named >= share * listing.images.length && named > 0
  }
  if (fits(harmony, 'row')) {
    const channelNames = await harmonyChannels(listing)
    return { name: 'Opera Phenix / Operetta (Harmony)', read: harmony, channelNames }
  }
  const tiffs = listing.images.filter((path) => /\.tiff?$/i.test(path)).length
  if (tiffs < share * listing.images.length || tiffs === 0) return null
  for (const read of [imageXpress, imageXpressFolder]) {
    if (!fits(read, 'plate') || !(fits(read, 'channel') || fits(read, 'site'))) continue
    return { name: 'ImageXpress (MetaXpress)', read, channelNames: new Map() }
  }
  return null
}

/** Names of channels from the instrument's index, where it was exported with the images. */
async function harmonyChannels({ folder, images }: FolderListing): Promise<Map<string, string>> {
  const names = new Map<string, string>()
  const beside = (images[0] ?? '').split('/').slice(0, -1).join('/')
  for (const index of ['Index.idx.xml', 'Index.ref.xml', 'Index.xml']) {
    const text = await readFile(join(folder, beside, index), 'utf8').catch(() => null)
    if (text === null) continue
    for (const [, id = '', rest = ''] of text.matchAll(
      /<Entry ChannelID="(\d+)"[^>]*>([\s\S]*?)<\/Entry>/g,
    )) {
      const name = /<ChannelName>([^<]*)<\/ChannelName>/.exec(rest)?.[1]
      if (name !== undefined) names.set(id, name)
    }
    for (const [, entry = ''] of text.matchAll(/<Image[ >]([\s\S]*?)<\/Image>/g)) {
      const id = /<ChannelID>(\d+)<\/ChannelID>/.exec(entry)?.[1]
      const name = /<ChannelName>([^<]*)<\/ChannelName>/.exec(entry)?.[1]
      if (id !== undefined && name !== undefined && !names.has(id)) names.set(id, name)
    }
    break
  }
  return names
}
