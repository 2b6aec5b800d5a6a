/** A request that is answered with a status and one line of words. */
export class RequestFault extends Error {
  readonly _tag = 'RequestFault'
  constructor(
    readonly status: 400 | 401 | 403 | 404 | 405 | 416,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message)
  }
}

/** There is nothing under this address, or nothing that is served: which of both is not told. */
export function nothingHere(): RequestFault {
  return new RequestFault(404, 'There is nothing here.')
}
