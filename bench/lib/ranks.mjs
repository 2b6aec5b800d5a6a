import { once } from 'node:events'
import { createServer } from 'node:net'
import { Worker } from './worker.mjs'

/**
 * The processes of one group, which answer the same request at the same time.
 */
export class RankWorkers {
  #workers

  /**
   * Starts one process a rank; each finds its rank, the number of them and the port behind its own words.
   *
   * @param {string} program
   * @param {string[]} args
   * @param {number} size
   */
  static async start(program, args, size) {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    server.close()
    await once(server, 'close')
    const ranks = Array.from({ length: size }, (_, rank) => rank)
    return new RankWorkers(
      ranks.map((rank) => {
        const place = ['--rank', `${rank}`, '--size', `${size}`, '--port', `${port}`]
        return new Worker(program, [...args, ...place])
      }),
    )
  }

  /** @param {Worker[]} workers */
  constructor(workers) {
    this.#workers = workers
  }

  /**
   * What the first rank measured; all take part.
   *
   * @param {string} request
   */
  async ask(request) {
    const answers = await Promise.all(this.#workers.map((worker) => worker.ask(request)))
    return answers[0]
  }

  close() {
    for (const worker of this.#workers) worker.close()
  }
}
