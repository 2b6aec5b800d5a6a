/**
 * The eight symmetries of the square. Rotations are counter-clockwise, as seen with y downwards;
 * `flipX` reverses x, `flipY` reverses y; `transpose` swaps x and y; `antitranspose` mirrors at the
 * other diagonal.
 */
export const symmetryNames = [
  'identity',
  'rot90',
  'rot180',
  'rot270',
  'flipX',
  'flipY',
  'transpose',
  'antitranspose',
] as const

export type SymmetryName = (typeof symmetryNames)[number]

/**
 * Where the pixel (y, x) of a turned tile comes from: the source's index is
 * `start + y * stepY + x * stepX`.
 */
export interface SourceSteps {
  readonly start: number
  readonly stepY: number
  readonly stepX: number
}

/** Whether height and width change places. */
export function swapsAxes(symmetry: SymmetryName): boolean {
  return (
    symmetry === 'rot90' ||
    symmetry === 'rot270' ||
    symmetry === 'transpose' ||
    symmetry === 'antitranspose'
  )
}

/** How to read a plane of `[height, width]`, row by row, so that it comes out turned. */
export function sourceSteps(symmetry: SymmetryName, height: number, width: number): SourceSteps {
  const lastRow = (height - 1) * width
  const lastColumn = width - 1
  switch (symmetry) {
    case 'identity':
      return { start: 0, stepY: width, stepX: 1 }
    case 'rot90':
      return { start: lastColumn, stepY: -1, stepX: width }
    case 'rot180':
      return { start: lastRow + lastColumn, stepY: -width, stepX: -1 }
    case 'rot270':
      return { start: lastRow, stepY: 1, stepX: -width }
    case 'flipX':
      return { start: lastColumn, stepY: width, stepX: -1 }
    case 'flipY':
      return { start: lastRow, stepY: -width, stepX: 1 }
    case 'transpose':
      return { start: 0, stepY: 1, stepX: width }
    case 'antitranspose':
      return { start: lastRow + lastColumn, stepY: -1, stepX: -width }
  }
}
