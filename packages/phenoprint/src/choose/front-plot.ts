import type { Section } from '../config/config.js'
import type { JudgedCellType } from './judge-members.js'
import { diversityOf, type Subset, scoreOf } from './subsets.js'

const width = 360
const height = 300
const margin = { left: 58, right: 16, top: 34, bottom: 46 }

/**
 * Score against diversity of every subset, a panel a cell type, as SVG: all subsets grey, the front a
 * line, the two picks marked.
 */
export function frontPlot(
  judged: Readonly<Record<string, JudgedCellType>>,
  section: Pick<Section<'choose'>, 'by' | 'diversity'>,
): string {
  const panels = Object.entries(judged)
  const all = panels.map(
    ([cellType, of], i) =>
      `<g transform="translate(${i * width},0)">${panel(cellType, of, section)}</g>`,
  )
  const whole = Math.max(1, panels.length) * width
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${whole} ${height}" width="${whole}" height="${height}" font-family="sans-serif" font-size="11">
<rect width="100%" height="100%" fill="#fff"/>
${all.join('\n')}
</svg>
`
}

function panel(
  cellType: string,
  { subsets, front, best, diverse, units }: JudgedCellType,
  { by, diversity }: Pick<Section<'choose'>, 'by' | 'diversity'>,
): string {
  const x = scale(
    subsets.map((subset) => diversityOf(subset, diversity)),
    margin.left,
    width - margin.right,
  )
  const y = scale(
    subsets.map((subset) => scoreOf(subset, by)),
    height - margin.bottom,
    margin.top,
  )
  const place = (subset: Subset) =>
    [x.at(diversityOf(subset, diversity)), y.at(scoreOf(subset, by))].map((v) => v.toFixed(1))
  const dot = (subset: Subset, radius: number, colour: string, title: string) => {
    const [cx, cy] = place(subset)
    return `<circle cx="${cx}" cy="${cy}" r="${radius}" ${colour}><title>${escaped(title)}</title></circle>`
  }
  const named = ({ members }: Subset) => `members ${members.map((member) => member + 1).join(', ')}`
  const sign = (value: number, flipped: boolean) => (flipped ? -value : value).toFixed(3)
  const bottom = height - margin.bottom
  return [
    `<text x="${width / 2}" y="18" text-anchor="middle" font-weight="bold">${escaped(cellType)}, ${units} units</text>`,
    `<path d="M${margin.left},${margin.top}V${bottom}H${width - margin.right}" fill="none" stroke="#444"/>`,
    `<text x="${margin.left - 4}" y="${bottom}" text-anchor="end">${sign(y.low, by === 'loss')}</text>`,
    `<text x="${margin.left - 4}" y="${margin.top + 8}" text-anchor="end">${sign(y.high, by === 'loss')}</text>`,
    `<text x="${margin.left}" y="${bottom + 14}">${sign(x.low, diversity === 'yulesQ')}</text>`,
    `<text x="${width - margin.right}" y="${bottom + 14}" text-anchor="end">${sign(x.high, diversity === 'yulesQ')}</text>`,
    `<text x="${width / 2}" y="${height - 12}" text-anchor="middle">${diversity}, more to the right</text>`,
    `<text transform="translate(14,${height / 2})rotate(-90)" text-anchor="middle">${by}, better above</text>`,
    ...subsets.map((subset) => dot(subset, 2.5, 'fill="#bbb"', named(subset))),
    `<polyline points="${front.map((subset) => place(subset).join(',')).join(' ')}" fill="none" stroke="#0072b2" stroke-width="1.5"/>`,
    ...front.map((subset) => dot(subset, 3, 'fill="#0072b2"', named(subset))),
    dot(best, 7, 'fill="none" stroke="#d55e00" stroke-width="2"', `best: ${named(best)}`),
    dot(diverse, 10, 'fill="none" stroke="#009e73" stroke-width="2"', `diverse: ${named(diverse)}`),
    `<text x="${width - margin.right}" y="${margin.top}" text-anchor="end"><tspan fill="#d55e00">○ best</tspan> <tspan fill="#009e73">◯ diverse</tspan></text>`,
  ].join('\n')
}

function scale(values: readonly number[], from: number, to: number) {
  const low = Math.min(...values)
  const high = Math.max(...values)
  const at = (value: number) =>
    from + (high === low ? 0.5 : (value - low) / (high - low)) * (to - from)
  return { low, high, at }
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
