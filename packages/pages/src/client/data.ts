import { useEffect, useState } from 'preact/hooks'
import type { z } from 'zod'

/** What was asked of the server. */
export type Data<T> =
  | { readonly state: 'loading' }
  | { readonly state: 'ready'; readonly value: T }
  | { readonly state: 'failed'; readonly message: string }

/** Answers that do not change while a person goes back and forth, by address. */
const kept = new Map<string, Promise<unknown>>()
const mostKept = 40

/**
 * Asks the server.
 *
 * @param path Below `/api/`.
 * @throws {Error} the server's own words, where it refuses.
 */
export async function ask<T>(
  path: string,
  params: Readonly<Record<string, string>>,
  schema: z.ZodType<T>,
): Promise<T> {
  const response = await fetch(`/api/${path}?${new URLSearchParams(params)}`)
  if (!response.ok) throw new Error((await response.text()).trim())
  return schema.parse(await response.json())
}

/** The same for a view, asked once for each address; `null` asks nothing. */
export function useData<T>(
  path: string,
  params: Readonly<Record<string, string>> | null,
  schema: z.ZodType<T>,
): Data<T> {
  const key = params === null ? null : `${path}?${new URLSearchParams(params)}`
  const [data, setData] = useState<{ readonly key: string | null; readonly data: Data<T> }>({
    key: null,
    data: { state: 'loading' },
  })
  useEffect(() => {
    if (key === null || params === null) return
    let wanted = true
    const show = (found: Data<T>) => {
      if (wanted) setData({ key, data: found })
    }
    keep(key, () => ask(path, params, schema)).then(
      (value) => show({ state: 'ready', value: schema.parse(value) }),
      (error: unknown) => {
        kept.delete(key)
        show({ state: 'failed', message: error instanceof Error ? error.message : String(error) })
      },
    )
    return () => {
      wanted = false
    }
  }, [key])
  return data.key === key ? data.data : { state: 'loading' }
}

function keep(key: string, make: () => Promise<unknown>): Promise<unknown> {
  const known = kept.get(key)
  if (known !== undefined) return known
  const made = make()
  kept.set(key, made)
  const [oldest] = kept.keys()
  if (kept.size > mostKept && oldest !== undefined) kept.delete(oldest)
  return made
}
