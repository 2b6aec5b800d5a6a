import { expect, it } from 'vitest'
import { randomStream } from '../random.js'
import type { Plate, Role, Screen, Site, Unit } from '../screen/screen.js'
import { askNumbers } from '../testing/python.js'
import { linearBaseline } from './linear-baseline.js'

const classes = 3
const wellsOfClass = 6

/** Roles of a plate's wells: the third plate has no control. */
const plateRoles: readonly (readonly Role[])[] = [2, 1, 0].map((controls) => [
  ...Array.from({ length: controls }, (): Role => 'negativeControl'),
  ...Array.from({ length: classes * wellsOfClass }, (): Role => 'treatment'),
])

/** Wells of one and two sites on three plates, treatments in turn. */
function smallScreen(): Screen {
  const units: Unit[] = []
  const sites: Site[] = []
  const plates = plateRoles.map((roles, plate): Plate => {
    const first = units.length
    let treated = 0
    for (const [index, role] of roles.entries()) {
      const id = `E-${plate}/1/W${index}`
      const own = Array.from({ length: 1 + (index % 2) }, (_, site) => {
        sites.push({ id: `${id}/${site}`, site: String(site), unit: units.length, images: [] })
        return sites.length - 1
      })
      const label = role === 'treatment' ? treated++ % classes : classes
      units.push({ id, plate, well: `W${index}`, role, label, part: 'train', code: id, sites: own })
    }
    const members = roles.map((_, index) => first + index)
    return {
      id: `E-${plate}/1`,
      experiment: `E-${plate}`,
      cellType: 'E',
      plate: '1',
      units: members,
    }
  })
  return {
    name: 'small',
    unitKind: 'well',
    channels: [{ name: 'a' }, { name: 'b' }],
    classes,
    controlClasses: 1,
    classNames: null,
    plates,
    units,
    sites,
    synthetic: true,
  }
}

/** Moments that depend on class and plate; the second channel of some sites is missing. */
function smallMoments({ sites, units }: Screen) {
  const draw = randomStream(3, 'moments')
  return sites.map(({ unit }, site) => {
    const { label, plate } = units[unit] ?? { label: null, plate: 0 }
    const level = (channel: number) =>
      Math.exp(2 + 0.5 * plate + 0.6 * draw.normal() + (label === channel ? 0.4 : 0))
    const missing = site % 11 === 4
    return {
      mean: Float64Array.of(level(0), missing ? Number.NaN : level(1)),
      variance: Float64Array.of(level(1), missing ? Number.NaN : level(0)),
    }
  })
}

/** The same model in numpy and scipy: half of the penalty times the squared weights is added to the loss. */
const reference = `
from scipy.optimize import minimize
from scipy.special import logsumexp
value = lambda x: 0.0 if x is None else x
site = np.array([[np.log1p(value(m)) for m in s['mean']] +
                 [np.log1p(np.sqrt(value(v))) for v in s['variance']] for s in d['moments']])
x = np.array([site[u['sites']].mean(0) for u in d['units']])
plate = np.array([u['plate'] for u in d['units']])
control = np.array([u['role'] == 'negativeControl' for u in d['units']])
for p in np.unique(plate):
    on = plate == p
    x[on] -= x[on & control].mean(0) if (on & control).any() else x[on].mean(0)
x /= np.sqrt((x ** 2).mean(0))
k = d['classes']
t, y = x[d['train']], np.array([d['units'][u]['label'] for u in d['train']])
w_size = x.shape[1] * k
def loss(w):
    W, b = w[:w_size].reshape(-1, k), w[w_size:]
    z = t @ W + b
    return (logsumexp(z, axis=1) - z[np.arange(len(y)), y]).mean() + 0.5e-3 * (W ** 2).sum()
w = minimize(loss, np.zeros(w_size + k), method='BFGS', options={'gtol': 1e-7}).x
z = x[d['test']] @ w[:w_size].reshape(-1, k) + w[w_size:]
print(json.dumps((z - z.mean(1, keepdims=True)).ravel().tolist()))`

const screen = smallScreen()
const moments = smallMoments(screen)
const treated = screen.units.flatMap(({ role }, unit) => (role === 'treatment' ? [unit] : []))
const train = treated.filter((unit) => unit % 4 !== 0)
const test = treated.filter((unit) => unit % 4 === 0)

it('a linear model on intensities is what numpy and scipy make of it, with missing channels and a plate without controls', () => {
  const { data, rows, columns } = linearBaseline(
    screen,
    (site) => moments[site] ?? { mean: new Float64Array(), variance: new Float64Array() },
    train,
    test,
  )
  const plain = moments.map(({ mean, variance }) => ({
    mean: [...mean],
    variance: [...variance],
  }))
  const { units } = screen
  const expected = askNumbers(reference, { moments: plain, units, classes, train, test })
  expect([rows, columns]).toEqual([test.length, classes])
  expect(expected).toHaveLength(rows * columns)
  for (let row = 0; row < rows; row++) {
    const logits = [...data.subarray(row * columns, (row + 1) * columns)]
    const centre = logits.reduce((sum, logit) => sum + logit, 0) / columns
    for (const [c, logit] of logits.entries()) {
      expect(logit - centre).toBeCloseTo(expected[row * columns + c] ?? Number.NaN, 2)
    }
  }
})
