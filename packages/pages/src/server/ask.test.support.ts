import { connect } from 'node:net'

/** What a server answered, byte for byte. */
export interface RawAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/**
 * Asks as no browser would: the address goes out as it is, whatever is in it.
 *
 * @param address Of the server.
 * @param path As it stands in the request.
 * @param headers Lines of the request's head; `Host` too.
 */
export async function askRaw(
  address: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  method = 'GET',
): Promise<RawAnswer> {
  const { hostname, port, host } = new URL(address)
  const lines = Object.entries({ host, connection: 'close', ...headers })
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  const socket = connect(Number(port), hostname)
  socket.write(`${method} ${path} HTTP/1.1\r\n${head}\r\n`, 'latin1')
  const parts: Buffer[] = []
  for await (const part of socket) parts.push(Buffer.from(part))
  const all = Buffer.concat(parts)
  const end = all.indexOf('\r\n\r\n')
  const [first = '', ...rest] = all.subarray(0, end).toString('latin1').split('\r\n')
  const pairs = rest.map((line): [string, string] => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
  })
  const status = Number(first.split(' ')[1])
  return { status, headers: Object.fromEntries(pairs), body: all.subarray(end + 4) }
}
