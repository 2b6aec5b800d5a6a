import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { decompress, type Packing, packSite } from './index.js'
import { runPython, temporaryFolder } from './oracle.test.support.js'

const channels = 3
const height = 37
const width = 70
const shape = { channels, height, width }
const size = channels * height * width

/** What numpy, hashlib and google-crc32c make of a site. */
const script = `
import hashlib, json, google_crc32c
import numpy as np
pixels = np.fromfile('site.raw', DTYPE).reshape(${channels}, ${height}, ${width})
rows, columns = -(-${height} // BLOCK), -(-${width} // BLOCK)
means = [[[plane[BLOCK * r:BLOCK * r + BLOCK, BLOCK * c:BLOCK * c + BLOCK].mean() for c in range(columns)]
          for r in range(rows)] for plane in pixels.astype('f8')]
tiles = []
for top in range(0, ${height}, TILE_HEIGHT):
    for left in range(0, ${width}, TILE_WIDTH):
        tile = np.zeros((${channels}, TILE_HEIGHT, TILE_WIDTH), pixels.dtype)
        part = pixels[:, top:top + TILE_HEIGHT, left:left + TILE_WIDTH]
        tile[:, :part.shape[1], :part.shape[2]] = part
        tiles.append(list(tile.tobytes()) )
print(json.dumps({
    'counts': [np.bincount(plane.ravel(), minlength=256 ** pixels.itemsize).tolist() for plane in pixels],
    'means': means, 'digest': hashlib.sha256(pixels.tobytes()).hexdigest(), 'tiles': tiles,
    'checksums': [google_crc32c.value(bytes(tile)) for tile in tiles],
}))`

const kinds = [
  ['uint8', Uint8Array.from({ length: size }, (_, i) => (i * i) >> 5)],
  ['uint16', Uint16Array.from({ length: size }, (_, i) => (i * i) >> 3)],
] as const

describe.each(kinds)('a site of %s', (dtype, pixels) => {
  it.each([
    [{ height: 16, width: 32 }, 'tiles past the edge'],
    [{ height: 37, width: 35 }, 'whole tiles'],
  ])('is counted, hashed and packed as numpy and hashlib do it: %s, %s', async (tile) => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'site.raw'), new Uint8Array(pixels.buffer))
    const numbers = { BLOCK: 2, TILE_HEIGHT: tile.height, TILE_WIDTH: tile.width }
    const program = Object.entries(numbers).reduce(
      (text, [name, value]) => text.replaceAll(name, String(value)),
      script.replace('DTYPE', `'${dtype}'`),
    )
    const expected = JSON.parse(runPython(program, folder))
    const packed = Object.fromEntries(
      await Promise.all(
        (['none', 'plain', 'zstd'] satisfies Packing[]).map(
          async (packing) => [packing, await packSite(pixels, shape, tile, packing)] as const,
        ),
      ),
    )
    for (const { counts, blockMeans, digest } of Object.values(packed)) {
      expect([...counts]).toEqual(expected.counts.flat())
      const means = expected.means.flat(2)
      expect(blockMeans).toHaveLength(means.length)
      blockMeans.forEach((mean, i) => {
        expect(mean).toBeCloseTo(means[i], 9)
      })
      expect(Buffer.from(digest).toString('hex')).toBe(expected.digest)
    }
    expect(packed.none?.tiles).toEqual([])
    const plain = packed.plain?.tiles.map((bytes) => ({
      pixels: [...bytes.subarray(0, -4)],
      checksum: Buffer.from(bytes.subarray(-4)).readUInt32LE(),
    }))
    expect(plain).toEqual(
      expected.tiles.map((tile: number[], i: number) => ({
        pixels: tile,
        checksum: expected.checksums[i],
      })),
    )
    const bytesOfTile = channels * tile.height * tile.width * pixels.BYTES_PER_ELEMENT
    const unpacked = await Promise.all(
      (packed.zstd?.tiles ?? []).map((bytes) => decompress(bytes.subarray(0, -4), bytesOfTile)),
    )
    expect(unpacked.map((bytes) => [...bytes])).toEqual(expected.tiles)
  })
})
