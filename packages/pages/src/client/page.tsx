import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { linkTo } from './address.js'
import { ThemeChoice } from './theme.js'

/** A step of the way from the list of everything down to what is shown. */
export interface Step {
  readonly name: string
  readonly href: string
}

/** What every view stands in: the way to it, its heading, and where the keyboard goes first. */
export function Page({
  title,
  way,
  children,
}: {
  readonly title: string
  readonly way: readonly Step[]
  readonly children: ComponentChildren
}) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = `${title} · Phenoprint`
    // Whoever follows a link by keyboard or ear goes on from the heading; the first page keeps its own order.
    if (document.activeElement === document.body && history.length > 1) {
      heading.current?.focus({ preventScroll: true })
    }
  }, [title])
  return (
    <>
      <header>
        <nav aria-label="Way here">
          <ol>
            {[{ name: 'Runs and stores', href: linkTo('home') }, ...way].map(({ name, href }) => (
              <li key={href}>
                <a href={href}>{name}</a>
              </li>
            ))}
          </ol>
        </nav>
        <ThemeChoice />
      </header>
      <main>
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {children}
      </main>
    </>
  )
}
