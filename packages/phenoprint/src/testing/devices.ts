import { engine } from '@phenoprint/torch'
import { it } from 'vitest'

/** A test on the processor and on a card; where there is none, the second is skipped and says so. */
export function itOnDevices(
  name: string,
  test: (device: 'cpu' | 'cuda:0') => void | Promise<void>,
): void {
  it.for(['cpu', 'cuda:0'] as const)(`${name}, on %s`, (device, { skip }) => {
    if (device !== 'cpu' && !engine.cuda) skip('no GPU on this machine')
    return test(device)
  })
}
