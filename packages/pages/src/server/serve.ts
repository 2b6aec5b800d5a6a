import { once } from 'node:events'
import { type Reporter, UsageError, type VerbResult } from '@phenoprint/phenoprint/basics'
import { PageServer } from './page-server.js'

/** What `phenoprint serve` was asked for. */
export interface ServeRequest {
  readonly folder: string
  /** null for this machine alone. */
  readonly host: string | null
  /** As typed; null for the usual one. */
  readonly port: string | null
}

const usual = { host: '127.0.0.1', port: 4780 } as const

/**
 * Serves pages over the runs and stores of a folder until it is told to stop, which is how it ends.
 *
 * @throws {UsageError} when the folder is none, or the port is none or taken.
 * @throws {MachineError} when the pages were not built, or it cannot listen.
 */
export async function serve(request: ServeRequest, reporter: Reporter): Promise<VerbResult> {
  const port = request.port === null ? usual.port : portOf(request.port)
  await using server = await PageServer.start(request.folder, {
    host: request.host ?? usual.host,
    port,
  })
  const { address, token } = server
  reporter.event({ type: 'listening', address })
  reporter.say(`serve: ${request.folder} at ${address}`)
  if (token !== null) {
    reporter.say(
      'serve: whoever has this address can read the folder; it is not encrypted on its way',
    )
  }
  reporter.say('serve: Ctrl-C ends it')
  if (!reporter.signal.aborted) await once(reporter.signal, 'abort')
  return { status: 'done', figures: { address }, files: [] }
}

function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (port <= 65_535) return port
  throw new UsageError(`serve: --port ${text} is no port. Give a number from 0 to 65535.`)
}
