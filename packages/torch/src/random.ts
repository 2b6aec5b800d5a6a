import { native } from './addon.js'
import type { Device } from './dtype.js'

/**
 * A stream of random numbers of its own, for the `generator` argument of random operators. The
 * default generators are the process's: all threads draw from them.
 */
export class Generator {
  /**
   * @param options.device that it draws on.
   * @param options.seed 0 to 2^64 - 1.
   */
  constructor({ device = 'cpu', seed }: { device?: Device; seed: number | bigint }) {
    native().attachGenerator(this, device, seed)
  }

  /** Its whole state, to go on from later. */
  get state(): Uint8Array {
    return native().generatorState(this)
  }

  set state(state: Uint8Array) {
    native().setGeneratorState(this, state)
  }
}

/** Seeds the default generators of the CPU and of every accelerator, as torch.manual_seed; 0 to 2^64 - 1. */
export function manualSeed(seed: number | bigint): void {
  native().manualSeed(seed)
}

/** The whole state of a device's default generator; the same bytes as torch.get_rng_state(). */
export function generatorState(device: Device = 'cpu'): Uint8Array {
  return native().generatorState(device)
}

/** @throws {TorchError} when the bytes are not a state of that device's generator. */
export function setGeneratorState(state: Uint8Array, device: Device = 'cpu'): void {
  native().setGeneratorState(device, state)
}
