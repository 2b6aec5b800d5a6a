import { describe, expect, it } from 'vitest'
import { rankDevice } from './rank-device.js'

const two = ['cpu', 'cuda:0', 'cuda:1']
const at = (localRank: number, localSize: number) => ({ localRank, localSize })

describe('the device of a rank', () => {
  it('is the CPU where that is configured, whatever is there', () => {
    expect(rankDevice('cpu', at(1, 2), two)).toEqual({ device: 'cpu' })
  })

  it('is a GPU of its own, where there are enough', () => {
    expect(rankDevice('cuda', at(0, 2), two, {})).toEqual({ device: 'cuda:0', ownGpu: true })
    expect(rankDevice('cuda', at(1, 2), two, {})).toEqual({ device: 'cuda:1', ownGpu: true })
  })

  it('is shared, in turn, where there are not', () => {
    expect(rankDevice('cuda', at(2, 3), two, {})).toEqual({ device: 'cuda:0', ownGpu: false })
    expect(rankDevice('cuda:1', at(0, 2), two, {})).toEqual({ device: 'cuda:1', ownGpu: false })
  })

  it('is its own where Slurm shows each task one', () => {
    const own = rankDevice('cuda', at(3, 4), ['cpu', 'cuda:0'], { SLURM_GPUS_PER_TASK: '1' })
    expect(own).toEqual({ device: 'cuda:0', ownGpu: true })
  })
})
