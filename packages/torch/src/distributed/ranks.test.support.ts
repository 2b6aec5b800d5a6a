import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('./rank.test.program.js', import.meta.url))
const python = fileURLToPath(new URL('../../../../scripts/test/oracles/python', import.meta.url))

/** What a rank answered. */
export interface Answer {
  readonly result?: unknown
  readonly error?: { readonly kind: string; readonly message: string }
}

/** Seconds within which the ranks of a test find and hear each other. */
export const timeout = 20

/** Runs ranks in processes of their own, and gives what each answers; null of one that said nothing. */
export async function askRanks(
  what: string,
  size: number,
  { port, ranks, ownGpu }: { port?: number; ranks?: readonly number[]; ownGpu?: boolean } = {},
): Promise<(Answer | null)[]> {
  const at = port ?? (await freePort())
  const chosen = ranks ?? Array.from({ length: size }, (_, rank) => rank)
  return await Promise.all(
    chosen.map((rank) => {
      const child = fork(program)
      const place = { rank, size, address: '127.0.0.1', port: at, timeout }
      child.send({ what, rendezvous: { ...place, ...(ownGpu === undefined ? {} : { ownGpu }) } })
      return answerOf(child)
    }),
  )
}

async function answerOf(child: ChildProcess): Promise<Answer | null> {
  let answer: Answer | null = null
  child.once('message', (message: Answer) => {
    answer = message
    child.disconnect()
  })
  await once(child, 'exit')
  return answer
}

/**
 * Runs a rank of PyTorch beside ours: `group` stands there as its ProcessGroupGloo, `dist` as torch.distributed.
 *
 * @returns what it prints, as JSON.
 */
export async function askPythonRank(
  script: string,
  { rank, size, port }: { rank: number; size: number; port: number },
): Promise<unknown> {
  const child = spawn(python, ['-c', `${joining(rank, size, port)}\n${script}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text
  })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`the rank of PyTorch ended with code ${code}`)
  return JSON.parse(printed)
}

const joining = (rank: number, size: number, port: number) => `
import datetime, json, torch
import torch.distributed as dist
wait = datetime.timedelta(seconds=${timeout})
store = dist.TCPStore('127.0.0.1', ${port}, is_master=${rank === 0 ? 'True' : 'False'}, wait_for_workers=False, timeout=wait)
group = dist.ProcessGroupGloo(dist.PrefixStore('phenoprint/0', store), ${rank}, ${size}, wait)
def reduced(tensor, op=dist.ReduceOp.SUM):
    options = dist.AllreduceOptions()
    options.reduceOp = op
    group.allreduce([tensor], options).wait()
    return tensor`

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}
