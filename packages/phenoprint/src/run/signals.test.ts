import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { InterruptedError } from '../errors.js'
import { interruptOnSignals } from './signals.js'

describe('interruptOnSignals', () => {
  it('turns the first signal into an abort with its exit code, and stops listening when disposed', async () => {
    const said: string[] = []
    const before = process.listenerCount('SIGTERM')
    {
      using interrupt = interruptOnSignals((line) => said.push(line))
      process.kill(process.pid, 'SIGTERM')
      while (!interrupt.signal.aborted) await sleep(1)
      expect(interrupt.signal.reason).toBeInstanceOf(InterruptedError)
      expect(interrupt.signal.reason).toMatchObject({ exitCode: 143 })
      expect(said).toHaveLength(1)
    }
    expect(process.listenerCount('SIGTERM')).toBe(before)
  })
})
