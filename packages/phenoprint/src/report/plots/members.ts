import * as Plot from '@observablehq/plot'
import { draw } from './draw.js'

/** A member of an ensemble and its accuracy, 0 to 1. */
export interface PlottedMember {
  readonly name: string
  readonly accuracy: number
  /** Of the ensemble without it; null for the only member. */
  readonly without: number | null
}

/**
 * Accuracy of each member alone (●), and of the ensemble without it (◆), against that of the ensemble
 * (the line): a diamond left of the line is a member that helps.
 */
export function membersPlot(
  members: readonly PlottedMember[],
  ensemble: number,
  title: string,
): string {
  const left = members.flatMap(({ name, without }) => (without === null ? [] : [{ name, without }]))
  const best = members.reduce((a, b) => (b.accuracy > a.accuracy ? b : a), members[0] ?? none)
  const values = [ensemble, ...members.map(({ accuracy }) => accuracy)]
  const low = 10 * Math.floor(10 * Math.min(...values, ...left.map(({ without }) => without)))
  return draw(
    {
      width: 640,
      height: 60 + 24 * members.length,
      marginLeft: 160,
      marginRight: 30,
      x: { label: 'Accuracy (%)', percent: true, domain: [low, 100], grid: true },
      y: { label: null, domain: members.map(({ name }) => name) },
      marks: [
        Plot.ruleX([ensemble], { stroke: 'currentColor', strokeWidth: 2 }),
        Plot.dot(left, {
          x: 'without',
          y: 'name',
          r: 6,
          symbol: 'diamond',
          stroke: 'var(--series-2)',
          strokeWidth: 2,
          title: ({ name, without }: (typeof left)[number]) =>
            `All without ${name}: ${percent(without)}`,
        }),
        Plot.dot(members, {
          x: 'accuracy',
          y: 'name',
          r: 4,
          fill: 'var(--series-1)',
          title: ({ name, accuracy }: PlottedMember) => `${name} alone: ${percent(accuracy)}`,
        }),
      ],
    },
    {
      title,
      description: `All together have ${percent(ensemble)}, the line; the best alone is ${best.name} with ${percent(best.accuracy)}. The table beside it has all values.`,
    },
  )
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}

const none: PlottedMember = { name: '', accuracy: Number.NaN, without: null }
