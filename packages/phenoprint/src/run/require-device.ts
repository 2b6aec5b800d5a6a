import { engine } from '@phenoprint/torch'
import { MachineError } from '../errors.js'

/**
 * Holds the configured device against those that libtorch sees here.
 *
 * @throws {MachineError} when it is not one of them.
 */
export function requireDevice(device: string): void {
  if (device === 'cpu') return
  const devices: readonly string[] = engine.devices()
  if (devices.includes(device === 'cuda' ? 'cuda:0' : device)) return
  throw new MachineError(
    `device: got ${device}, expected one that libtorch ${engine.version} sees on this machine: ${devices.join(', ')}. Set device to that; phenoprint doctor says more.`,
  )
}
