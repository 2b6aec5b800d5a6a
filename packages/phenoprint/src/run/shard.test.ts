import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { EarlierRunError, UsageError } from '../errors.js'
import { temporaryFolder } from '../testing/folder.js'
import { finishedShards, itemsOf, parseShard, shardFolder } from './shard.js'

describe('shards', () => {
  it('are read from the command line, from torchrun and from srun', () => {
    expect(parseShard('3/8', {})).toEqual({ index: 3, count: 8 })
    expect(parseShard('ranks', { RANK: '1', WORLD_SIZE: '2', SLURM_PROCID: '7' })).toEqual({
      index: 1,
      count: 2,
    })
    expect(parseShard('ranks', { SLURM_PROCID: '0', SLURM_NTASKS: '4' })).toEqual({
      index: 0,
      count: 4,
    })
    for (const wrong of ['8/8', '1', '-1/2', '1/2/3', 'a/b', '1/', '0x1/2']) {
      expect(() => parseShard(wrong, {}), wrong).toThrow(UsageError)
    }
    expect(() => parseShard('ranks', { RANK: '1' })).toThrow(/--shard 0\/8/)
  })

  it('have each item once between them', () => {
    const items = [...'abcdefg']
    const shards = [0, 1, 2].map((index) => itemsOf(items, { index, count: 3 }))
    expect(shards).toEqual([
      ['a', 'd', 'g'],
      ['b', 'e'],
      ['c', 'f'],
    ])
    expect(itemsOf(items, null)).toBe(items)
  })

  it('are put together when all of one division are finished', () => {
    const output = temporaryFolder()
    const finish = (index: number, count: number) => {
      const folder = shardFolder(output, { index, count })
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, 'result.json'), '{}')
    }
    expect(finishedShards(output, 'infer')).toBeNull()
    finish(1, 2)
    expect(() => finishedShards(output, 'infer')).toThrow(EarlierRunError)
    expect(() => finishedShards(output, 'infer')).toThrow(
      /0 \(counted from 0\) is missing .*--shard 0\/2/,
    )
    finish(0, 2)
    expect(finishedShards(output, 'infer')).toHaveLength(2)
    finish(0, 3)
    expect(() => finishedShards(output, 'infer')).toThrow(/0-of-2, 0-of-3, 1-of-2.*there twice/)
  })
})
