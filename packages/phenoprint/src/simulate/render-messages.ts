import type { Section } from '../config/config.js'
import type { SimulatedWell } from './layout.js'

/** What a render thread is started with. */
export interface RenderThreadData {
  readonly settings: Section<'simulation'>
}

/** A well to render, sent to a thread. */
export interface RenderRequest {
  readonly well: SimulatedWell
}

/** What a thread answers: a well done, or the fault that ended it. */
export type RenderReply =
  | { readonly kind: 'done'; readonly rendered: number }
  | { readonly kind: 'machine'; readonly message: string }
