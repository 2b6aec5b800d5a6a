import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../testing/folder.js'
import { SlowNetwork } from '../testing/slow-network.js'
import { bytesIn, smallConfig, smallStore } from '../training/small-run.test.support.js'
import { trainOver } from './several-ranks.test.support.js'

let store = ''
beforeAll(async () => {
  store = await smallStore()
})

const newRun = () => join(temporaryFolder(), 'run')
const stock = { model: { architecture: 'efficientnet-b0', kernels: 'stock' } }
const configOf = (run: string, training: object) =>
  smallConfig(store, run, { epochs: 1, batchSize: 10, ...training }, stock)

describe.runIf(process.platform === 'linux')('ranks in two networks', () => {
  it('train the same bytes where packets come late or never as on one machine', async () => {
    const [near, far] = [newRun(), newRun()]
    await trainOver(2, configOf(near, {}))
    await using network = await SlowNetwork.open({ delay: 10, loss: 0.01 })
    const ends = await trainOver(2, configOf(far, {}), { network })
    expect(ends.map((end) => end?.error)).toEqual([null, null])
    const last = ['checkpoints', 'last.safetensors'] as const
    expect(bytesIn(far, ...last).equals(bytesIn(near, ...last))).toBe(true)
    const { passed, lost } = await network.fallSilent()
    expect(passed).toBeGreaterThan(500)
    expect(lost).toBeGreaterThan(0)
  }, 300_000)

  it('end within their timeout, with one message each, when the way between them falls silent', async () => {
    await using network = await SlowNetwork.open({ delay: 1, loss: 0 })
    const config = configOf(newRun(), { epochs: 200, ranks: { timeoutMinutes: 0.2 } })
    let silent = 0
    const ends = await trainOver(2, config, {
      network,
      onSeen: (seen) => {
        if (seen < 10 || silent > 0) return
        silent = performance.now()
        void network.fallSilent()
      },
    })
    const waited = (performance.now() - silent) / 1000
    expect(silent).toBeGreaterThan(0)
    for (const end of ends) {
      expect(end?.error?.name).toBe('MachineError')
      expect(end?.error?.message).toMatch(/of 2 lost the others.*Run the same command/s)
    }
    expect(waited).toBeGreaterThan(5)
    expect(waited).toBeLessThan(60)
  }, 300_000)
})
