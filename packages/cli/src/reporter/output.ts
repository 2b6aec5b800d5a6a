import type { Writable } from 'node:stream'

/** Standard output or standard error: maybe a terminal. */
export type Stream = Writable & { readonly isTTY?: boolean; readonly columns?: number }

/**
 * A stream whose reader may leave (`phenoprint … | head`): what follows is dropped, and the work
 * goes on, for its result is in files.
 */
export class Output {
  #closed = false

  constructor(readonly stream: Stream) {
    stream.on('error', (error) => {
      if (!('code' in error) || error.code !== 'EPIPE') throw error
      this.#closed = true
    })
  }

  get isTerminal(): boolean {
    return this.stream.isTTY === true
  }

  /** A terminal that does not know its width says 0. */
  get columns(): number {
    return this.stream.columns || 80
  }

  write(text: string): void {
    if (!this.#closed) this.stream.write(text)
  }

  /** Resolves once all that was written is out. */
  flush(): Promise<void> {
    if (this.#closed || this.stream.destroyed) return Promise.resolve()
    return new Promise((resolve) => this.stream.write('', () => resolve()))
  }
}
