import { isPlaced, mapLegend, type ShownWell, wellMap } from '@phenoprint/phenoprint/plots'
import { callsSchema } from '../../api/run.js'
import {
  type PlateContents,
  plateContentsSchema,
  type Store,
  storeSchema,
} from '../../api/store.js'
import { linkTo, type Params } from '../address.js'
import { useData } from '../data.js'
import { Figure } from '../figure.js'
import { Loaded } from '../loaded.js'
import { amend } from '../navigation.js'
import { Page } from '../page.js'
import { count } from '../words.js'
import { type CalledWell, calledWells } from './called-wells.js'
import { callsOnPlate, wellValues, wellWords } from './well-values.js'

/** A plate from above, coloured by any value of its wells. */
export function PlateView({ params }: { readonly params: Params }) {
  const { store: path = '', plate: id = '', run } = params
  const store = useData('store', { path }, storeSchema)
  const plate = useData('plate', { store: path, plate: id }, plateContentsSchema)
  const calls = useData('calls', run === undefined ? null : { run }, callsSchema)
  return (
    <Page title={`Plate ${id}`} way={[{ name: path, href: linkTo('store', { path, run }) }]}>
      <Loaded data={store}>
        {(store) => (
          <Loaded data={plate}>
            {(plate) =>
              run === undefined ? (
                <PlateMap store={store} plate={plate} params={params} called={new Map()} />
              ) : (
                <Loaded data={calls}>
                  {(calls) => (
                    <PlateMap
                      {...{ store, plate, params }}
                      called={callsOnPlate(plate, calledWells(calls))}
                    />
                  )}
                </Loaded>
              )
            }
          </Loaded>
        )}
      </Loaded>
    </Page>
  )
}

function PlateMap({
  store,
  plate,
  params,
  called,
}: {
  readonly store: Store
  readonly plate: PlateContents
  readonly params: Params
  readonly called: ReadonlyMap<string, CalledWell>
}) {
  const { run } = params
  const values = wellValues(store, called)
  const value = values.find(({ key }) => key === params.value) ?? values[0]
  if (value === undefined) return null
  const link = (unit: string) => linkTo('well', { store: store.path, plate: plate.id, unit, run })
  const wells: ShownWell[] = plate.units.map((unit) => ({
    well: unit.well,
    value: value.of(unit),
    words: wellWords(unit, value, called.get(unit.id)),
    href: link(unit.id),
  }))
  const placed = wells.filter(({ well }) => isPlaced(well))
  const numbers = wells.flatMap((well) => (typeof well.value === 'number' ? [well.value] : []))
  return (
    <>
      <p>
        {plate.experiment}, {plate.cellType}: {count(plate.units.length, store.unitKind)}
        {run === undefined ? '' : `, ${called.size} of them called by ${run}`}.
      </p>
      <div class="controls">
        <label>
          Colour by{' '}
          <select
            value={value.key}
            onChange={({ currentTarget }) =>
              amend(linkTo('plate', { ...params, value: currentTarget.value }))
            }
          >
            {values.map(({ key, name }) => (
              <option key={key} value={key}>
                {name}
              </option>
            ))}
          </select>
        </label>
      </div>
      {placed.length > 0 && (
        <>
          <Figure
            kind="well-map"
            svg={wellMap(placed, { plate: plate.id, value: value.name, domain: value.domain })}
            caption={`Plate ${plate.id}, ${value.name}. Each well leads to its pictures.`}
          />
          <ul class="legend">
            {numbers.length > 0 && (
              <li>
                {Number(Math.min(...(value.domain ?? numbers)).toPrecision(4))}{' '}
                <span class="scale" />{' '}
                {Number(Math.max(...(value.domain ?? numbers)).toPrecision(4))}
              </li>
            )}
            {mapLegend(wells).map(({ sign, colour, words }) => (
              <li key={words}>
                <span style={{ color: colour }}>{sign}</span> {words}
              </li>
            ))}
          </ul>
        </>
      )}
      <details open={placed.length === 0}>
        <summary>Every {store.unitKind}</summary>
        <table>
          <thead>
            <tr>
              <th scope="col">{store.unitKind === 'well' ? 'Well' : 'Image'}</th>
              <th scope="col">Class</th>
              <th scope="col">{value.name}</th>
            </tr>
          </thead>
          <tbody>
            {plate.units.map((unit) => (
              <tr key={unit.id}>
                <th scope="row">
                  <a href={link(unit.id)}>{store.unitKind === 'well' ? unit.well : unit.id}</a>
                </th>
                <td>{unit.label}</td>
                <td>{value.of(unit) ?? '–'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </>
  )
}
