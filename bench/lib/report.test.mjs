import fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../../scripts/testing/temporary.mjs'
import { compare, publish } from './report.mjs'
import { median } from './statistics.mjs'

describe('a result', () => {
  const measured = {
    bench: 'decode',
    cases: {
      pil: { ours: [2, 1, 3], peer: [8, 6, 7] },
      skimage: { ours: [1, 1, 1, 1], peer: [1, 2, 3, 4] },
    },
    unit: 's',
    versions: { pillow: '13.0.0' },
  }

  it('is a ratio of medians above 1 where ours is better, whichever way better is', () => {
    expect(compare({ ...measured, better: 'lower' })).toMatchObject({
      bench: 'decode',
      ratio: { pil: 3.5, skimage: 2.5 },
      ours: { pil: 2, skimage: 1 },
      peer: { pil: 7, skimage: 2.5 },
      oursMin: { pil: 1, skimage: 1 },
      peerMin: { pil: 6, skimage: 1 },
      unit: 's',
      runs: 3,
      machine: { cores: expect.any(Number), cpu: expect.any(String) },
      versions: { node: process.versions.node, pillow: '13.0.0' },
    })
    expect(compare({ ...measured, better: 'higher' }).ratio).toEqual({ pil: 0.2857, skimage: 0.4 })
  })

  it('is kept in a file, and with --json is the last line of standard output', () => {
    const folder = temporaryFolder()
    const result = compare({ ...measured, better: 'lower' })
    const out = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
    const words = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    try {
      publish(result, { args: [], folder })
      expect(out).not.toHaveBeenCalled()
      publish(result, { args: ['--json'], folder })
      expect(out.mock.calls).toEqual([[`${JSON.stringify(result)}\n`]])
      expect(String(words.mock.calls[0][0])).toMatch(
        /case +ours \(s\) +peer \(s\) +ratio\npil +2 +7 +3\.5\n/,
      )
    } finally {
      out.mockRestore()
      words.mockRestore()
    }
    expect(JSON.parse(fs.readFileSync(join(folder, 'decode.json'), 'utf8'))).toEqual(result)
  })

  it('of a shortened bench is printed, but takes no place of a kept one', () => {
    const folder = temporaryFolder()
    const result = { ...compare({ ...measured, better: 'lower' }), settings: { epochs: 1 } }
    const words = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    try {
      publish(result, { args: [], folder, keep: false })
      expect(words.mock.calls.join('')).toMatch(/epochs 1\)[\s\S]*Not kept/)
    } finally {
      words.mockRestore()
    }
    expect(fs.readdirSync(folder)).toEqual([])
  })

  it('needs figures', () => {
    expect(median([3, 1, 2])).toBe(2)
    expect(() => median([])).toThrow('median of no values')
  })
})
