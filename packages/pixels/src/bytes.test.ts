import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { compress, crc32c, decompress } from './index.js'
import { runPython, temporaryFolder } from './oracle.test.support.js'

const numbers = (length: number) => Uint8Array.from({ length }, (_, i) => (i * i) >> 3)

describe('crc32c', () => {
  it('gives the published check values', () => {
    // RFC 3720, appendix B.4, and the check value of the CRC catalogue.
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283)
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43)
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e)
    expect(crc32c(new Uint8Array(0))).toBe(0)
  })

  it('is that of google-crc32c, of all lengths about a stripe and from any offset', () => {
    const folder = temporaryFolder()
    const bytes = numbers(20_000)
    const ranges = [2047, 6135, 6143, 6144, 6145, 6152, 12_287, 12_288, 12_289, 19_990].flatMap(
      (length) => [0, 1, 7].map((from) => [from, from + length] as const),
    )
    writeFileSync(join(folder, 'bytes'), bytes)
    const program = `import google_crc32c
bytes = open("bytes", "rb").read()
for start, end in ${JSON.stringify(ranges)}: print(google_crc32c.value(bytes[start:end]))`
    const expected = runPython(program, folder).trim().split('\n').map(Number)
    expect(ranges.map(([from, to]) => crc32c(bytes.subarray(from, to)))).toEqual(expected)
  })
})

describe('zstd', () => {
  it('gives back what was compressed', async () => {
    for (const length of [0, 1, 255, 256, 65_791, 65_792, 1_000_000]) {
      const bytes = numbers(length)
      expect(Buffer.from(bytes).equals(await decompress(await compress(bytes), length))).toBe(true)
    }
  })

  it('refuses a frame of another size, one cut short, and what is no frame', async () => {
    const frame = await compress(numbers(5000))
    await expect(decompress(frame, 5001)).rejects.toThrow(/holds 5000 bytes, expected 5001/)
    await expect(decompress(frame.subarray(0, 60), 5000)).rejects.toThrow(/damaged/)
    await expect(decompress(numbers(100), 100)).rejects.toThrow(/unknown bytes/)
    expect(await decompress(frame, 5000)).toEqual(numbers(5000))
  })

  it('says that memory is short, and calls no frame damaged, where addresses are limited', async () => {
    const pixels = new URL('./index.js', import.meta.url).href
    const frame = Buffer.from(await compress(numbers(5000))).toString('base64')
    const program = `const { compress, decompress } = await import(${JSON.stringify(pixels)})
      const faults = []
      await compress(new Uint8Array(9)).catch((error) => faults.push(error.fault))
      await decompress(Buffer.from('${frame}', 'base64'), 5000).catch((error) => faults.push(error.fault))
      console.log(faults.join())`
    const node = [process.execPath, '--input-type=module', '-e', program]
    // WebAssembly reserves more than these 5 GB; Node itself does with half of them.
    const limited = ['-c', 'ulimit -v 5000000; exec "$0" "$@"', ...node]
    const env = { ...process.env, PHENOPRINT_PIXELS: 'portable' }
    const { stdout, stderr, status } = spawnSync('sh', limited, { encoding: 'utf8', env })
    expect({ stdout, stderr, status }).toEqual({ stdout: 'memory,memory\n', stderr: '', status: 0 })
  })
})
