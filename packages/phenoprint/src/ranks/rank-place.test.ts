import { describe, expect, it } from 'vitest'
import { UsageError } from '../errors.js'
import { firstHost, rankPlace } from './rank-place.js'

const torchrun = {
  RANK: '3',
  WORLD_SIZE: '4',
  LOCAL_WORLD_SIZE: '2',
  LOCAL_RANK: '1',
  MASTER_ADDR: 'node07',
  MASTER_PORT: '29500',
}

const srun = {
  SLURM_JOB_ID: '20417',
  SLURM_PROCID: '1',
  SLURM_LOCALID: '1',
  SLURM_STEP_NUM_TASKS: '4',
  SLURM_STEP_TASKS_PER_NODE: '2(x2)',
  SLURM_STEP_NODELIST: 'node[07-08]',
}

describe('the place of a process among ranks', () => {
  it('is none where nobody says so', () => {
    expect(rankPlace({})).toBeNull()
    expect(rankPlace({ RANK: '0', WORLD_SIZE: '1', MASTER_PORT: '29500' })).toBeNull()
  })

  it('is as torchrun says', () => {
    expect(rankPlace(torchrun)).toEqual({
      ...{ rank: 3, size: 4, localSize: 2, address: 'node07', port: 29500 },
      ...{ localRank: 1, serves: false, start: '0' },
    })
  })

  it('leaves the store to torchrun where it keeps one, and tells restarts apart', () => {
    const agent = { TORCHELASTIC_USE_AGENT_STORE: 'True', TORCHELASTIC_RESTART_COUNT: '2' }
    const first = { ...torchrun, RANK: '0' }
    expect(rankPlace(first)?.serves).toBe(true)
    expect(rankPlace({ ...first, ...agent })).toMatchObject({ serves: false, start: '2' })
  })

  it('is as srun says, at the first machine of its list', () => {
    expect(rankPlace(srun)).toEqual({
      ...{ rank: 1, size: 4, localSize: 2, address: 'node07', port: 20_417 },
      ...{ localRank: 1, serves: false, start: '0' },
    })
    expect(rankPlace({ ...srun, MASTER_ADDR: '10.0.0.1', MASTER_PORT: '7' })).toMatchObject({
      address: '10.0.0.1',
      port: 7,
    })
  })

  it('is none in a batch script, which is one process', () => {
    expect(rankPlace({ SLURM_JOB_ID: '7', SLURM_PROCID: '0', SLURM_NTASKS: '4' })).toBeNull()
  })

  it.each([
    [{ ...torchrun, RANK: '4' }, 'this process is rank 4 of 4; expected one from 0 to 3'],
    [{ ...torchrun, WORLD_SIZE: 'two' }, 'WORLD_SIZE is "two"'],
    [{ ...torchrun, MASTER_PORT: undefined }, 'MASTER_PORT is not set'],
    [{ ...srun, SLURM_STEP_NODELIST: '' }, 'SLURM_STEP_NODELIST is ""'],
  ])('refuses %j', (environment, words) => {
    expect(() => rankPlace(environment)).toThrow(UsageError)
    expect(() => rankPlace(environment)).toThrow(words)
  })

  it.each([
    ['node07', 'node07'],
    ['node[07-09,12],gpu1', 'node07'],
    ['gpu1,node[07-09]', 'gpu1'],
  ])('the first machine of %s is %s', (list, first) => {
    expect(firstHost(list)).toBe(first)
  })
})
