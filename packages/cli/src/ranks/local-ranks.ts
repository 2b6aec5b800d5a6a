import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { MachineError } from '@phenoprint/phenoprint/basics'

const keptCharacters = 4000

/** What torchrun would set. */
type RankEnvironment = Readonly<Record<string, string>>

/** The other processes of a run on this machine, of which this one is rank 0. */
export class LocalRanks implements AsyncDisposable {
  readonly #followers: readonly Follower[]

  /**
   * Starts ranks 1 to `size - 1`.
   *
   * @param words What the command line of each says behind `phenoprint`.
   * @returns the ranks, and what this process is to find in its environment.
   */
  static async start(
    words: readonly string[],
    size: number,
  ): Promise<{ ranks: LocalRanks; environment: RankEnvironment }> {
    const port = await freePort()
    const environmentOf = (rank: number): RankEnvironment => ({
      RANK: `${rank}`,
      WORLD_SIZE: `${size}`,
      LOCAL_RANK: `${rank}`,
      LOCAL_WORLD_SIZE: `${size}`,
      MASTER_ADDR: '127.0.0.1',
      MASTER_PORT: `${port}`,
    })
    const others = Array.from({ length: size - 1 }, (_, i) => i + 1)
    const followers = others.map((rank) => new Follower(rank, words, environmentOf(rank)))
    return { ranks: new LocalRanks(followers), environment: environmentOf(0) }
  }

  private constructor(followers: readonly Follower[]) {
    this.#followers = followers
  }

  /** Asks all others to stop as this one was asked. */
  stop(): void {
    for (const { process } of this.#followers) process.kill('SIGTERM')
  }

  /** Waits until all others have ended by themselves. */
  async ended(): Promise<void> {
    await Promise.all(this.#followers.map(({ ended }) => ended))
  }

  /**
   * What to tell where this rank failed because it lost another: what the first that ended said.
   *
   * @param error of this rank.
   */
  async reasonFor(error: unknown): Promise<unknown> {
    const first = this.#followers
      .filter(({ failed }) => failed !== null)
      .sort((a, b) => (a.failed?.at ?? 0) - (b.failed?.at ?? 0))[0]
    if (first === undefined || !(error instanceof MachineError)) return error
    return new MachineError(`rank ${first.rank} ended ${first.failed?.how}. ${error.message}`, {
      cause: error,
    })
  }

  /** Ends the others: they write nothing, so nothing is lost. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const { process } of this.#followers) process.kill('SIGKILL')
    await this.ended()
  }
}

class Follower {
  readonly process: ChildProcess
  readonly ended: Promise<unknown>
  /** How and when it ended, unless well. */
  failed: { readonly at: number; readonly how: string } | null = null

  constructor(
    readonly rank: number,
    words: readonly string[],
    environment: RankEnvironment,
  ) {
    const [, program = ''] = process.argv
    this.process = spawn(process.execPath, [...process.execArgv, program, ...words, '--quiet'], {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'ignore', 'pipe'],
      // A Ctrl-C of the terminal is for rank 0, which hands it on once.
      detached: true,
    })
    let said = ''
    this.process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = `${said}${text}`.slice(-keptCharacters)
    })
    this.ended = once(this.process, 'close').then(([code, signal]) => {
      if (code === 0) return
      const how = signal === null ? `with code ${code}` : `by ${signal}`
      const words = said.trim()
      this.failed = { at: performance.now(), how: words === '' ? how : `${how}, saying: ${words}` }
    })
  }
}

/** A port of the loopback that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}
