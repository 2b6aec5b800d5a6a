/** Stains by their usual names, with the colours they are shown in. */
const stains: readonly (readonly [RegExp, string])[] = [
  [/dapi|hoechst|dna|nucle(?:us|i)\b|dapi/i, '0000FF'],
  [/gfp|fitc|488|\ber\b|reticulum|cona/i, '00FF00'],
  [/actin|phalloidin|agp|rfp|tritc|568|cy3/i, 'FF0000'],
  [/rna|nucleoli|syto/i, '00FFFF'],
  [/mito|cy5|640|647/i, 'FF00FF'],
  [/golgi|yfp|wga/i, 'FFFF00'],
]

/** Display colour of a stain, `RRGGBB`; null for a name that tells none. */
export function stainColor(name: string): string | null {
  return stains.find(([pattern]) => pattern.test(name))?.[1] ?? null
}
