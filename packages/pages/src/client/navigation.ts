import { useEffect, useState } from 'preact/hooks'
import { type Address, readAddress } from './address.js'

const changed = 'addresschange'

function current(): Address {
  return readAddress(location.pathname, location.search)
}

/** The address, and whatever it becomes: by a link, by `go`, or by the browser's back and forward. */
export function useAddress(): Address {
  const [address, setAddress] = useState(current)
  useEffect(() => {
    const update = () => setAddress(current())
    addEventListener('popstate', update)
    addEventListener(changed, update)
    return () => {
      removeEventListener('popstate', update)
      removeEventListener(changed, update)
    }
  }, [])
  return address
}

/** Goes to another view: the browser's back leads here again. */
export function go(href: string): void {
  history.pushState(null, '', href)
  dispatchEvent(new Event(changed))
}

/** Writes a part of the view's state into the address; back leads to the view before this one. */
export function amend(href: string): void {
  history.replaceState(null, '', href)
  dispatchEvent(new Event(changed))
}

/** Has links within the application change the view instead of loading the page again. */
export function takeLinks(root: Document): void {
  root.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0) return
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    const link = event.target instanceof Element ? event.target.closest('a') : null
    const href = link?.getAttribute('href') ?? ''
    if (!href.startsWith('/') || /^\/(files|assets|api)\//.test(href)) return
    event.preventDefault()
    go(href)
    scrollTo(0, 0)
  })
}
