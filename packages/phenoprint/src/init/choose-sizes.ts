import { groupUnits, isLearnable } from '../screen/groups.js'
import type { Screen } from '../screen/screen.js'
import type { ImageShape } from '../store/tiling.js'

/** The network to begin with. */
export const architecture = 'efficientnet-b0'

/** Sides of a tile that a network takes well: multiples of 32, its smallest map being one in 32. */
const tileSides = [256, 224, 288, 192, 320]
/** Images up to this side are one tile. */
const wholeImage = 320

/**
 * A square tile: the whole image where it is small, otherwise the side near 256 that wastes least at
 * the image's edges.
 */
export function chooseTile({
  height,
  width,
}: Pick<ImageShape, 'height' | 'width'>): [number, number] {
  const least = Math.min(height, width)
  if (Math.max(height, width) <= wholeImage) return [least, least]
  const sides = tileSides.filter((side) => side <= least)
  const waste = (side: number) =>
    (Math.ceil(height / side) * Math.ceil(width / side) * side * side) / (height * width)
  const [best = least] = sides.sort((a, b) => waste(a) - waste(b))
  return [best, best]
}

/** Sites of a plate below which its own mean and deviation are too rough. */
const enoughSites = 16

/** Plates normalise their own images where they have enough of them; else each tile itself. */
export function chooseNormalisation(screen: Screen): 'tile' | 'plate' {
  if (screen.unitKind === 'image') return 'tile'
  const sites = screen.plates.map(({ units }) =>
    units.reduce((sum, unit) => sum + (screen.units[unit]?.sites.length ?? 0), 0),
  )
  sites.sort((a, b) => a - b)
  return (sites[Math.floor(sites.length / 2)] ?? 0) >= enoughSites ? 'plate' : 'tile'
}

/** What is held out, and why. */
export interface SplitChoice {
  readonly by: 'experiment' | 'plate'
  readonly folds: number | null
  /** Whether test units are drawn too; otherwise they are the screen's own. */
  readonly drawTest: boolean
  readonly hasTest: boolean
  readonly reason: string
}

/** The most folds: a fifth validates, a fifth tests. */
const mostFolds = 5

/**
 * Whole experiments are held out where every cell type has enough of them, else whole plates; with one
 * plate of a cell type nothing can be held out.
 */
export function chooseSplit(screen: Screen): SplitChoice {
  const hasTest = screen.units.some(({ part }) => part === 'test')
  const needed = hasTest ? 2 : 3
  for (const least of [needed, 2]) {
    for (const by of ['experiment', 'plate'] as const) {
      const groups = learnableGroups(screen, by)
      const fewest = Math.min(...groups)
      if (groups.length === 0 || fewest < least) continue
      return {
        by,
        folds: Math.min(mostFolds, fewest),
        drawTest: !hasTest && fewest >= 3,
        hasTest: hasTest || fewest >= 3,
        reason: `every cell type has at least ${fewest} ${by}s`,
      }
    }
  }
  const reason = 'a cell type has only one plate with labels'
  return { by: 'plate', folds: null, drawTest: false, hasTest, reason }
}

/** How many groups with labelled treatments each cell type has; none where experiments mix cell types. */
function learnableGroups(screen: Screen, by: 'experiment' | 'plate'): number[] {
  const types = new Map<string, Set<string>>()
  for (const plate of screen.plates) {
    const known = types.get(plate.experiment) ?? new Set()
    types.set(plate.experiment, known.add(plate.cellType))
  }
  if (by === 'experiment' && [...types.values()].some(({ size }) => size > 1)) return []
  return [...groupUnits(screen, by, new Set()).values()].flatMap((groups) => {
    const learnable = groups.filter(({ units }) => units.some((u) => isLearnable(screen.units[u])))
    return learnable.length === 0 ? [] : [learnable.length]
  })
}

/**
 * The batch: a power of two from 4 to 64, no more than fit in memory and than a twentieth of the
 * training samples, so that an epoch has some steps.
 */
export function chooseBatch(fits: number, samples: number): number {
  const most = Math.min(fits, Math.max(4, samples / 20), 64)
  return 2 ** Math.max(2, Math.floor(Math.log2(Math.max(4, most))))
}
