import fs from 'node:fs'
import { join } from 'node:path'

/** RxRx1's classes: treatments first, then controls, the last of them untreated wells. */
const classes = { treatments: 1108, controls: 31 }
/** Treatments and positive controls of the small screen: their labels are spread over RxRx1's. */
const drawn = { treatments: 36, positive: 2 }

/**
 * What simulates and preprocesses the screen: the true image size, a well for each treatment in each
 * of two training experiments of different cell types.
 *
 * @param {string} folder
 */
export function screenConfiguration(folder) {
  const screen = screenFolder(folder)
  const layout = { plates: 4, rows: 4, columns: 3, sites: 1, classes: drawn.treatments, groups: 4 }
  return {
    screen: {
      ...{ reader: 'rxrx1', name: 'recipes (synthetic)', folder: screen },
      // RxRx1 has two sites a well, here is one.
      onMissing: { image: 'skip', channel: 'skip' },
    },
    simulation: {
      folder: screen,
      layout: { ...layout, controls: { negative: 1, positive: drawn.positive } },
      cellTypes: { HUVEC: { train: 1, test: 1 }, U2OS: { train: 1, test: 0 } },
    },
  }
}

/** @param {string} folder */
export function screenFolder(folder) {
  return join(folder, 'screen')
}

/**
 * Gives the small screen's wells labels over all of RxRx1's, so that readers count as many classes:
 * 1,108 treatments and 31 controls.
 *
 * @param {string} folder
 */
export function spreadLabels(folder) {
  const last = drawn.treatments + drawn.positive
  const spread = (/** @type {number} */ label) => {
    if (label === last) return classes.treatments + classes.controls - 1
    if (label >= drawn.treatments) return label - drawn.treatments + classes.treatments
    return Math.round((label * (classes.treatments - 1)) / (drawn.treatments - 1))
  }
  for (const name of ['train.csv', 'train_controls.csv', 'test_controls.csv']) {
    const path = join(screenFolder(folder), name)
    const [header = '', ...rows] = fs.readFileSync(path, 'utf8').trim().split('\n')
    const column = header.split(',').indexOf('sirna')
    const spreadRows = rows.map((row) =>
      row
        .split(',')
        .map((value, i) => (i === column ? spread(Number(value)) : value))
        .join(','),
    )
    fs.writeFileSync(path, `${[header, ...spreadRows].join('\n')}\n`)
  }
}
