import { it } from 'vitest'
import { type Device, engine } from '../index.js'

/** A test on the processor and on a card; where there is none, the second is skipped and says so. */
export function itOnDevices(name: string, test: (device: Device) => void): void {
  it.for(['cpu', 'cuda:0'])(`${name}, on %s`, (device, { skip }) => {
    if (device !== 'cpu' && !engine.cuda) skip('no GPU on this machine')
    test(device)
  })
}
