import { type Plate, type Store, storeSchema } from '../../api/store.js'
import { linkTo, type Params } from '../address.js'
import { Choice } from '../choice.js'
import { useData } from '../data.js'
import { Loaded } from '../loaded.js'
import { amend } from '../navigation.js'
import { Page } from '../page.js'
import { count, inOrder } from '../words.js'

/** The plates of a store; `run` goes along to the wells that it called. */
export function StoreView({ params }: { readonly params: Params }) {
  const { path = '' } = params
  const data = useData('store', { path }, storeSchema)
  return (
    <Page title={path} way={[]}>
      <Loaded data={data}>{(store) => <Plates store={store} params={params} />}</Loaded>
    </Page>
  )
}

function Plates({ store, params }: { readonly store: Store; readonly params: Params }) {
  const { experiment = '', cellType = '', run } = params
  const { name, synthetic, image, channels, plates, unitKind } = store
  const shown = plates.filter(
    (plate) =>
      (experiment === '' || plate.experiment === experiment) &&
      (cellType === '' || plate.cellType === cellType),
  )
  const choose = (key: string, value: string) => amend(linkTo('store', { ...params, [key]: value }))
  return (
    <>
      {synthetic && <p class="notice">These images are synthetic.</p>}
      <p>
        {name}: {count(plates.length, 'plate')}, {channels.length} x {image.height} x {image.width}{' '}
        pixels of {image.dtype}.
      </p>
      <div class="controls">
        <Choice
          label="Experiment"
          value={experiment}
          options={namesOf(plates, 'experiment')}
          onChoose={(value) => choose('experiment', value)}
        />
        <Choice
          label="Cell type"
          value={cellType}
          options={namesOf(plates, 'cellType')}
          onChoose={(value) => choose('cellType', value)}
        />
        <span role="status">{count(shown.length, 'plate')}</span>
      </div>
      <table>
        <thead>
          <tr>
            <th scope="col">Plate</th>
            <th scope="col">Experiment</th>
            <th scope="col">Cell type</th>
            <th scope="col" class="number">
              {unitKind === 'well' ? 'Wells' : 'Images'}
            </th>
            <th scope="col" class="number">
              Sites
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map(({ id, experiment, cellType, units, sites }) => (
            <tr key={id}>
              <th scope="row">
                <a href={linkTo('plate', { store: store.path, plate: id, run })}>{id}</a>
              </th>
              <td>{experiment}</td>
              <td>{cellType}</td>
              <td class="number">{units.toLocaleString('en')}</td>
              <td class="number">{sites.toLocaleString('en')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  )
}

function namesOf(plates: readonly Plate[], key: 'experiment' | 'cellType'): string[] {
  return [...new Set(plates.map((plate) => plate[key]))].sort(inOrder)
}
