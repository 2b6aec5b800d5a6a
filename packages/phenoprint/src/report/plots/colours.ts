/**
 * Colours of series, as CSS variables of the page: Okabe & Ito 2008, told apart by colour-blind eyes,
 * each in a lighter tone on a dark page.
 */
export const series = [1, 2, 3, 4, 5, 6].map((i) => `var(--series-${i})`)

/** The colour of a series; they come round again. */
export function seriesColour(index: number): string {
  return series[index % series.length] ?? 'currentColor'
}

/** The same colours for the page's style sheet: on white, and on black. */
export const seriesTones: readonly (readonly [light: string, dark: string])[] = [
  ['#0072b2', '#56b4e9'],
  ['#b34a00', '#e69f00'],
  ['#00795a', '#2ec4a0'],
  ['#a3457f', '#e39cc8'],
  ['#6b6100', '#f0e442'],
  ['#555555', '#bbbbbb'],
]
