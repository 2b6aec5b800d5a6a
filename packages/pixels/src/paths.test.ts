import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import type { PixelPath } from './index.js'

/** Everything that both paths do, as a digest of what it gave. */
const program = `
  import { createHash } from 'node:crypto'
  import { deflateSync, crc32 } from 'node:zlib'
  const pixels = await import(process.argv[1])
  let state = 1
  const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 16
  const hash = createHash('sha256')
  const add = (array) => hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength))
  const chunk = (type, data) => {
    const out = Buffer.alloc(12 + data.length)
    out.writeUInt32BE(data.length, 0); out.write(type, 4, 'latin1'); out.set(data, 8)
    out.writeUInt32BE(crc32(out.subarray(4, 8 + data.length)), 8 + data.length)
    return out
  }
  const png = (width, height, depth, colour, interlace, samples) => {
    const header = Buffer.alloc(13)
    header.writeUInt32BE(width, 0); header.writeUInt32BE(height, 4)
    header[8] = depth; header[9] = colour; header[12] = interlace
    const bytes = (width * samples * depth) / 8
    const rows = Buffer.alloc(height * (bytes + 1))
    for (let i = 0; i < rows.length; i++) rows[i] = i % (bytes + 1) === 0 ? next() % 5 : next()
    const packed = deflateSync(rows)
    const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10])
    const half = packed.length >> 1
    return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', packed.subarray(0, half)),
      chunk('IDAT', packed.subarray(half)), chunk('IEND', Buffer.alloc(0))])
  }
  const kinds = [[0, 1], [2, 3], [4, 2], [6, 4]]
  for (const [colour, samples] of kinds) for (const depth of [8, 16])
    for (const [width, height] of [[1, 1], [2, 7], [3, 4], [64, 33], [257, 21]]) {
      const file = png(width, height, depth, colour, 0, samples)
      const target = new (depth === 8 ? Uint8Array : Uint16Array)(width * height * samples)
      await pixels.decodeInto(file, Array.from({ length: samples }, (_, i) => i), target)
      add(target)
      const wrong = await pixels.decodeInto(file.subarray(0, -20), [0], target).catch((error) => error.message)
      hash.update(String(wrong))
    }
  for (const Kind of [Uint8Array, Uint16Array]) for (const channels of [1, 2, 3, 4, 5, 6, 7]) {
    const height = 40, width = 51
    const tile = { pixels: Kind.from({ length: channels * height * width }, next), channels, height, width,
      filledHeight: height, filledWidth: width }
    const { mean, variance } = pixels.tileMoments(tile)
    add(mean); add(variance)
    const plane = pixels.channelStatistics(tile.pixels)
    add(Float64Array.of(plane.mean, plane.variance)); add(plane.histogram)
    const output = new Float32Array(tile.pixels.length + 3)
    for (const symmetry of pixels.symmetryNames) {
      pixels.placeTile(tile, symmetry, { centre: mean, scale: variance.map((v) => 1 / Math.sqrt(v)) }, output, 2)
      add(output)
      const halves = new Uint16Array(tile.pixels.length + 3)
      pixels.placeTile(tile, symmetry, { centre: mean, scale: variance.map((v) => 1 / Math.sqrt(v)) }, halves, 1)
      add(halves)
    }
    for (const packing of ['none', 'plain']) {
      const site = await pixels.packSite(tile.pixels, tile, { height: 16, width: 51 }, packing)
      for (const array of [site.counts, site.blockMeans, site.digest, ...site.tiles]) add(array)
    }
    const bytes = new Uint8Array(tile.pixels.buffer)
    hash.update(String(pixels.crc32c(bytes.subarray(1))))
    add(await pixels.decompress(await pixels.compress(bytes), bytes.length))
  }
  console.log(pixels.pixelPath.path, hash.digest('hex'))
`

function run(path: 'native' | 'portable', code: string): string {
  const index = new URL('./index.js', import.meta.url).href
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', code, index],
    { encoding: 'utf8', env: { ...process.env, PHENOPRINT_PIXELS: path } },
  )
  return stdout + stderr
}

function pathIn(path: 'native' | 'portable'): PixelPath {
  const ask =
    'const { pixelPath } = await import(process.argv[1]); console.log(JSON.stringify(pixelPath))'
  return JSON.parse(run(path, ask))
}

describe('the native and the portable path', () => {
  it('is the native one wherever set-up could build it', () => {
    const { path, why, fault } = pathIn('native')
    expect(fault, why).toBe(false)
    if (path === 'portable') expect(why).toMatch(/set-up found no|set-up has not built/)
  })

  it('is the portable one where it is asked for', () => {
    expect(pathIn('portable')).toEqual({
      path: 'portable',
      why: 'PHENOPRINT_PIXELS=portable asks for it',
      fault: false,
    })
  })

  it('give the same pixels, statistics, tiles and faults, to the bit', (context) => {
    const { path, why } = pathIn('native')
    context.skip(path === 'portable' && !process.env.CI, `native path not built: ${why}`)
    expect(path, `with CI set the native path must be there: ${why}`).toBe('native')
    const portable = run('portable', program)
    expect(portable).toMatch(/^portable [0-9a-f]{64}\n$/)
    expect(run('native', program).replace('native', 'portable')).toBe(portable)
  })
})
