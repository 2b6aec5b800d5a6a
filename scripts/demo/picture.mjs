import fs from 'node:fs'
import { join } from 'node:path'
import { Transformer } from '@napi-rs/image'
import { readPredictions, readSite, Store } from '@phenoprint/phenoprint'
import { root } from '../setup/paths.mjs'

/**
 * Draws docs/pictures/demo.svg from what `npm run demo` wrote: wells of a test experiment beside an
 * untreated one, in the screen's colours, and how often each model names the treatment.
 *
 *   npm run demo -- --picture
 */

const models = [
  { name: 'one network for all', run: 'runs/demo/infer', fill: '#0072b2' },
  { name: 'one network a cell type', run: 'runs/demo/infer-fine-tuned', fill: '#e69f00' },
  { name: 'ensemble of both', run: 'runs/demo/ensemble', fill: '#009e73' },
]
const shownTreatments = 3
const tileSize = 104

/** @param {Store} store @param {number} site @returns {Promise<Uint8Array[]>} one plane a channel. */
async function readPlanes(store, site) {
  const { height, width } = store.imageShape
  const pixels = Uint8Array.from(await readSite(store, site))
  return store.screen.channels.map((_, c) =>
    pixels.subarray(c * height * width, (c + 1) * height * width),
  )
}

/** Six colours are added up: each is shown at so much less than full, or all would be white. */
const headroom = 2.2

/**
 * The value of each channel that is shown at full colour: what one pixel in two hundred of these
 * sites exceeds, and room for the other channels.
 *
 * @param {Uint8Array[][]} sites
 */
function brightest(sites) {
  return sites[0].map((_, c) => {
    const values = sites.flatMap((planes) => [...planes[c]]).sort((a, b) => a - b)
    return Math.max(1, headroom * values[Math.floor(values.length * 0.995)])
  })
}

/**
 * Channels in their colours, added up; as Recursion shows RxRx1.
 *
 * @param {Store} store
 * @param {Uint8Array[]} planes
 * @param {number[]} tops
 */
async function colourPicture(store, planes, tops) {
  const { height, width } = store.imageShape
  const rgba = new Uint8Array(height * width * 4).fill(255)
  const colours = store.screen.channels.map(({ color = 'FFFFFF' }) =>
    [0, 2, 4].map((at) => Number.parseInt(color.slice(at, at + 2), 16)),
  )
  for (let i = 0; i < height * width; i++) {
    for (let part = 0; part < 3; part++) {
      let sum = 0
      planes.forEach((plane, c) => {
        sum += Math.trunc(Math.min(1, plane[i] / tops[c]) * colours[c][part])
      })
      rgba[i * 4 + part] = Math.min(255, sum)
    }
  }
  const png = await Transformer.fromRgbaPixels(rgba, width, height).png()
  return `data:image/png;base64,${png.toString('base64')}`
}

/**
 * For each cell type one untreated well and some treated ones of its first test plate.
 *
 * @param {import('@phenoprint/phenoprint').Screen} screen
 */
function chosenUnits({ units, plates }) {
  const cellTypes = [...new Set(plates.map((plate) => plate.cellType))].sort()
  return cellTypes.map((cellType) => {
    const plate = plates.find(
      (one) => one.cellType === cellType && one.units.some((unit) => units[unit].part === 'test'),
    )
    /** @param {import('@phenoprint/phenoprint').Role} role */
    const of = (role) => plate?.units.filter((unit) => units[unit].role === role) ?? []
    const treated = of('treatment').sort((a, b) => Number(units[a].label) - Number(units[b].label))
    return {
      cellType,
      units: [...of('negativeControl').slice(0, 1), ...treated.slice(0, shownTreatments)],
    }
  })
}

/** @param {Store} store */
async function wellRows(store) {
  const { units } = store.screen
  const rows = []
  for (const [r, { cellType, units: chosen }] of chosenUnits(store.screen).entries()) {
    const sites = await Promise.all(chosen.map((unit) => readPlanes(store, units[unit].sites[0])))
    const tops = brightest(sites)
    for (const [c, unit] of chosen.entries()) {
      const label =
        units[unit].role === 'treatment' ? `treatment ${units[unit].label}` : 'untreated'
      const x = 20 + c * (tileSize + 8)
      const y = 46 + r * (tileSize + 26)
      rows.push(
        `<image x="${x}" y="${y}" width="${tileSize}" height="${tileSize}" href="${await colourPicture(store, sites[c], tops)}"/>`,
        `<text x="${x}" y="${y + tileSize + 13}" font-size="10">${cellType} ${label}</text>`,
      )
    }
  }
  return rows
}

/** @param {string} run */
async function accuracies(run) {
  const { rows, logits } = await readPredictions(join(root, run, 'predictions/test.parquet'))
  const right = rows.filter((row, i) => {
    const scores = logits.data.subarray(i * logits.columns, (i + 1) * logits.columns)
    return scores.indexOf(Math.max(...scores)) === row.label
  })
  const cellTypes = [...new Set(rows.map((row) => row.cellType))].sort()
  /** @param {string} cellType */
  const share = (cellType) => {
    /** @param {typeof rows} list */
    const count = (list) => list.filter((row) => row.cellType === cellType).length
    return count(right) / count(rows)
  }
  return {
    chance: 1 / logits.columns,
    byCellType: cellTypes.map((name) => ({ name, share: share(name) })),
  }
}

/** @param {number} left @param {number} top @param {number} height */
async function bars(left, top, height) {
  const parts = []
  const figures = await Promise.all(models.map(({ run }) => accuracies(run)))
  /** @param {number} share */
  const y = (share) => top + height * (1 - share)
  for (const tick of [0, 0.25, 0.5, 0.75, 1]) {
    parts.push(
      `<line x1="${left}" x2="${left + 250}" y1="${y(tick)}" y2="${y(tick)}" stroke="#888" stroke-opacity="0.35"/>`,
      `<text x="${left - 6}" y="${y(tick) + 4}" text-anchor="end">${100 * tick} %</text>`,
    )
  }
  figures[0].byCellType.forEach(({ name }, group) => {
    figures.forEach((figure, m) => {
      const { share } = figure.byCellType[group]
      const x = left + 14 + group * 120 + m * 32
      parts.push(
        `<rect x="${x}" y="${y(share)}" width="28" height="${height * share}" fill="${models[m].fill}"/>`,
        `<text x="${x + 14}" y="${y(share) - 4}" text-anchor="middle">${Math.round(100 * share)}</text>`,
      )
    })
    parts.push(
      `<text x="${left + 60 + group * 120}" y="${top + height + 15}" text-anchor="middle">${name}</text>`,
    )
  })
  const { chance } = figures[0]
  parts.push(
    `<line x1="${left}" x2="${left + 250}" y1="${y(chance)}" y2="${y(chance)}" stroke="#d55e00" stroke-dasharray="4 3"/>`,
    `<text x="${left + 254}" y="${y(chance) + 4}" fill="#d55e00">chance</text>`,
  )
  models.forEach(({ name, fill }, m) => {
    const at = top + height + 32 + m * 16
    parts.push(
      `<rect x="${left}" y="${at - 9}" width="10" height="10" fill="${fill}"/>`,
      `<text x="${left + 16}" y="${at}">${name}</text>`,
    )
  })
  return parts
}

const store = await Store.open(join(root, 'stores/demo'))
const body = [
  '<text x="20" y="24" font-size="14">Wells of experiments that training never saw (synthetic)</text>',
  ...(await wellRows(store)),
  '<text x="530" y="24" font-size="14">Treatment named right</text>',
  ...(await bars(560, 50, 190)),
]
store.close()
fs.mkdirSync(join(root, 'docs/pictures'), { recursive: true })
fs.writeFileSync(
  join(root, 'docs/pictures/demo.svg'),
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 860 320" width="860" height="320" font-family="sans-serif" font-size="11" fill="#777" role="img">
<title>Wells of the demo's synthetic screen, and how often each model names their treatment</title>
${body.join('\n')}
</svg>
`,
)
console.log('docs/pictures/demo.svg')
