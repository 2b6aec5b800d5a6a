import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { Config } from '../config/config.js'
import type { SlowNetwork } from '../testing/slow-network.js'

const program = fileURLToPath(new URL('./several-ranks.test.program.js', import.meta.url))

/** What a rank came to: the lines it said, and its error. */
export interface RankEnd {
  readonly lines: readonly string[]
  readonly error: { readonly name: string; readonly message: string } | null
}

/** What a rank tells while it works, and at its end. */
export type RankMessage = { readonly seen: number } | { readonly end: RankEnd }

/**
 * Trains over so many ranks, each a process of this machine.
 *
 * @param options.onSeen Told how many images the first rank has seen so far.
 * @param options.network Ranks are at its ends in turn; without it, all meet on the loopback.
 */
export async function trainOver(
  size: number,
  config: Config,
  {
    onSeen = () => {},
    network,
  }: {
    onSeen?: (seen: number, ranks: readonly ChildProcess[]) => void
    network?: SlowNetwork
  } = {},
): Promise<(RankEnd | null)[]> {
  const port = await freePort()
  const ranks: ChildProcess[] = Array.from({ length: size }, (_, rank) => {
    const [command, ...words] = [...(network?.at(rank % 2) ?? []), process.execPath, program]
    return spawn(command ?? process.execPath, words, {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: {
        ...process.env,
        PATH: `${process.env.PATH}:/usr/sbin:/sbin`,
        ...{ RANK: `${rank}`, WORLD_SIZE: `${size}`, LOCAL_WORLD_SIZE: `${size}` },
        ...{ MASTER_ADDR: network?.addresses[0] ?? '127.0.0.1', MASTER_PORT: `${port}` },
      },
    })
  })
  const ends = ranks.map(async (rank, index) => {
    let end: RankEnd | null = null
    let seen = 0
    rank.on('message', (message: RankMessage) => {
      if ('end' in message) {
        end = message.end
        return
      }
      seen += message.seen
      if (index === 0) onSeen(seen, ranks)
    })
    rank.send(config)
    await once(rank, 'close')
    return end
  })
  return await Promise.all(ends)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}
