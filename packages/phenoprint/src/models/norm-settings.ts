import type { Section } from '../config/config.js'
import { flavours } from './flavour.js'

/** Settings of every batch norm of a network. */
export interface NormSettings {
  readonly eps: number
  /** Weight of the new batch in the running statistics. */
  readonly momentum: number
}

/** The flavour's settings, with the configuration's momentum where it says one. */
export function normSettings({ flavour, normMomentum }: Section<'model'>): NormSettings {
  const { norm } = flavours[flavour]
  return normMomentum === undefined ? norm : { ...norm, momentum: normMomentum }
}
