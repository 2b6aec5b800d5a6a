import type { Role, Screen, Unit } from '../screen/screen.js'
import { makeStore } from '../store/make-store.js'
import { order, recorder, smallScreen } from '../store/small-screen.test.support.js'

const roles: Readonly<Record<string, Role>> = { B05: 'negativeControl', B06: 'positiveControl' }

/** Four plates, each an experiment of its own, with three treated wells and two controls each. */
export async function storeWithControls(tile: 16 | 32 = 16): Promise<string> {
  const made = smallScreen({
    ...{ height: 32, width: 32, sites: 1 },
    plates: ['1', '2', '3', '4'],
    wells: ['B02', 'B03', 'B04', 'B05', 'B06'],
  })
  const asIs = (unit: Unit): Unit => {
    const role = roles[unit.well] ?? 'treatment'
    return { ...unit, role, label: role === 'treatment' ? unit.label : unit.well === 'B05' ? 3 : 4 }
  }
  const screen: Screen = {
    ...made.screen,
    controlClasses: 2,
    units: made.screen.units.map(asIs),
    plates: made.screen.plates.map((plate, i) => ({
      ...plate,
      experiment: `E${i + 1}`,
      cellType: i % 2 === 0 ? 'HeLa' : 'U2OS',
    })),
  }
  const wanted = order(made, { tile: [tile, tile] })
  await makeStore(screen, wanted, recorder())
  return wanted.store.path
}
