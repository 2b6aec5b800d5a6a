import type { ComponentChildren } from 'preact'
import type { Data } from './data.js'

/** What was asked of the server once it is there; until then, and where it fails, words. */
export function Loaded<T>({
  data,
  children,
}: {
  readonly data: Data<T>
  readonly children: (value: T) => ComponentChildren
}) {
  if (data.state === 'loading') return <p role="status">Loading …</p>
  if (data.state === 'failed') return <p role="alert">{data.message}</p>
  return <>{children(data.value)}</>
}
