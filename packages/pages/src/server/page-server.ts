import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { MachineError, UsageError } from '@phenoprint/phenoprint/basics'
import { answer } from './answer.js'
import { Archives } from './archives.js'
import { readAssets } from './assets.js'
import { isLoopback } from './guard.js'
import { ServedFolder } from './served-folder.js'
import { Stores } from './stores.js'

/** Where a server listens. */
export interface ListenOptions {
  /** Name or address; this machine alone reaches `127.0.0.1`. */
  readonly host: string
  /** 0 for any that is free. */
  readonly port: number
}

/** A server of pages over one folder, which it only reads. */
export class PageServer implements AsyncDisposable {
  readonly #server: Server
  readonly #archives: Archives
  /** What to open, with the token where one is needed. */
  readonly address: string
  /** null where only this machine can ask. */
  readonly token: string | null

  private constructor(server: Server, archives: Archives, address: string, token: string | null) {
    this.#server = server
    this.#archives = archives
    this.address = address
    this.token = token
  }

  /**
   * Listens, with a fresh token unless only this machine can ask.
   *
   * @throws {UsageError} when the folder is none, or the port is taken.
   * @throws {MachineError} when the pages were not built, or it cannot listen there.
   */
  static async start(path: string, { host, port }: ListenOptions): Promise<PageServer> {
    const folder = ServedFolder.open(path)
    const assets = readAssets()
    const archives = new Archives()
    const token = isLoopback(host) ? null : randomBytes(24).toString('base64url')
    const server = createServer({ maxHeaderSize: 16_384 })
    server.listen({ host, port })
    try {
      await once(server, 'listening')
    } catch (cause) {
      throw listenFault(cause, host, port)
    }
    const bound = server.address()
    const actual = typeof bound === 'object' && bound !== null ? bound.port : port
    const guard = { token, cookie: `phenoprint-${actual}` }
    const site = { folder, stores: new Stores(folder), archives, assets, guard }
    server.on('request', (request, response) => void answer(request, response, site))
    const name = host.includes(':') ? `[${host}]` : host
    const query = token === null ? '' : `?token=${token}`
    return new PageServer(server, archives, `http://${name}:${actual}/${query}`, token)
  }

  /** Ends every connection. */
  async close(): Promise<void> {
    if (!this.#server.listening) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
    this.#archives[Symbol.dispose]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

function listenFault(cause: unknown, host: string, port: number): Error {
  const code = cause instanceof Error && 'code' in cause ? cause.code : ''
  if (code === 'EADDRINUSE') {
    return new UsageError(
      `serve: port ${port} of ${host} is taken. Choose another with --port, or --port 0 for any that is free.`,
      { cause },
    )
  }
  return new MachineError(
    `serve: cannot listen on ${host}, port ${port}: ${cause instanceof Error ? cause.message : cause}. Check --host and --port.`,
    { cause },
  )
}
