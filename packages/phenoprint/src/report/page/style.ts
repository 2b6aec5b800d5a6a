import { seriesTones } from '../plots/colours.js'

const tones = (dark: 0 | 1) =>
  seriesTones.map((tone, i) => `--series-${i + 1}: ${tone[dark]};`).join(' ')

/** The page's style sheet: light or dark as the reader's system is. */
export const style = `
:root { color-scheme: light dark; --page: #fff; --ink: #1a1a1a; --quiet: #595959; --line: #ccc; ${tones(0)} }
@media (prefers-color-scheme: dark) {
  :root { --page: #161616; --ink: #eee; --quiet: #b0b0b0; --line: #444; ${tones(1)} }
}
body { margin: 0 auto; max-width: 70rem; padding: 1rem; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
h1, h2, h3 { line-height: 1.2; }
a { color: var(--series-1); }
tr:target { background: color-mix(in srgb, var(--series-1) 20%, transparent); }
.plot a:focus-visible rect { stroke: var(--ink); stroke-width: 3px; }
a:focus-visible, summary:focus-visible, input:focus-visible, .scroll:focus-visible { outline: 3px solid var(--series-2); outline-offset: 2px; }
section { border-top: 1px solid var(--line); margin-top: 2rem; }
figure { margin: 1rem 0; }
figcaption, caption { color: var(--quiet); font-size: .875rem; text-align: left; }
.scroll { overflow-x: auto; }
.row { display: flex; flex-wrap: wrap; gap: 1.5rem; align-items: flex-start; }
.plot { display: block; background: transparent; color: var(--ink); --plot-background: var(--page); font: 11px system-ui, sans-serif; font-variant-numeric: tabular-nums; }
.plot text { white-space: pre; }
table { border-collapse: collapse; font-size: .875rem; margin: .5rem 0; }
th, td { border-bottom: 1px solid var(--line); padding: .2rem .6rem; text-align: left; font-weight: normal; }
thead th { font-weight: bold; }
.legend { display: flex; flex-wrap: wrap; gap: 0 1rem; list-style: none; padding: 0; margin: .25rem 0; font-size: .875rem; }
.found { font-size: 1.25rem; }
.well { border: 1px solid var(--line); padding: .5rem; margin: 0; }
.well img { display: inline-block; image-rendering: auto; margin-right: .25rem; }
.well figcaption { max-width: 17rem; }
fieldset label { display: inline-block; margin-right: 1rem; }
.scale { display: inline-block; width: 8rem; height: .8rem; vertical-align: middle; background: linear-gradient(to right, #00204c, #414d6b, #7c7b78, #bcae6c, #ffea46); }
@media print { .scroll { overflow: visible; } }
`
