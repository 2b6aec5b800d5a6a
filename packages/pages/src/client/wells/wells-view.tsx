import { useMemo } from 'preact/hooks'
import { callsSchema, type Run, runSchema } from '../../api/run.js'
import { linkTo, type Params } from '../address.js'
import { Choice } from '../choice.js'
import { csvOf } from '../csv.js'
import { useData } from '../data.js'
import { Loaded } from '../loaded.js'
import { amend } from '../navigation.js'
import { Page } from '../page.js'
import { type CalledWell, calledWells } from '../plates/called-wells.js'
import { saveFile } from '../save-file.js'
import { count, decimals } from '../words.js'
import {
  chosenWells,
  type FilterKey,
  filterKeys,
  type SortKey,
  sortOf,
  valuesOf,
} from './filters.js'
import { VirtualList } from './virtual-list.js'

const names: Readonly<Record<SortKey, string>> = {
  unit: 'Well',
  split: 'Split',
  experiment: 'Experiment',
  plate: 'Plate',
  cellType: 'Cell type',
  label: 'Class',
  call: 'Call',
  outcome: 'Outcome',
  probability: 'Probability',
}
/** Columns of the table, with their shares of its width. */
const columns = [
  ...([
    ['unit', 3],
    ['label', 2],
    ['call', 2],
    ['outcome', 1.2],
    ['probability', 1.4],
  ] as const),
  ...([
    ['experiment', 1.6],
    ['plate', 1],
    ['cellType', 1.2],
    ['split', 1.2],
  ] as const),
] as const

/** Every well that a run called: searched, chosen by any column, sorted, and saved as a table. */
export function WellsView({ params }: { readonly params: Params }) {
  const { run = '' } = params
  const data = useData('run', { path: run }, runSchema)
  const calls = useData('calls', { run }, callsSchema)
  return (
    <Page title={`Wells of ${run}`} way={[{ name: run, href: linkTo('run', { path: run }) }]}>
      <Loaded data={data}>
        {(run) => (
          <Loaded data={calls}>
            {(calls) => <Wells run={run} wells={calledWells(calls)} params={params} />}
          </Loaded>
        )}
      </Loaded>
    </Page>
  )
}

function Wells({
  run,
  wells,
  params,
}: {
  readonly run: Run
  readonly wells: readonly CalledWell[]
  readonly params: Params
}) {
  const shown = useMemo(() => chosenWells(wells, params), [wells, params])
  const options = useMemo(
    () => new Map(filterKeys.map((key) => [key, valuesOf(wells, key)])),
    [wells],
  )
  const set = (changed: Readonly<Record<string, string | undefined>>) =>
    amend(linkTo('wells', { ...params, ...changed }))
  const save = () => {
    const rows = shown.map((well) => columns.map(([key]) => String(well[key] ?? '')))
    const header = columns.map(([key]) => key)
    saveFile(`${run.path}-wells.csv`, new Blob([csvOf(header, rows)], { type: 'text/csv' }))
  }
  return (
    <>
      <search class="controls">
        <label>
          Search{' '}
          <input
            type="search"
            value={params.search ?? ''}
            onInput={({ currentTarget }) => set({ search: currentTarget.value })}
          />
        </label>
        {filterKeys.map((key) => (
          <Filter key={key} name={key} options={options.get(key) ?? []} {...{ params, set }} />
        ))}
        <span role="status">
          {shown.length.toLocaleString('en')} of {count(wells.length, 'well')}
        </span>
        <button type="button" onClick={save}>
          Download table
        </button>
      </search>
      <VirtualList
        label={`Wells of ${run.path}`}
        count={shown.length}
        columns={columns.map(([key, width]) => ({
          key,
          width,
          head: <SortButton name={key} {...{ params, set }} />,
        }))}
        row={(index) => cellsOf(shown[index], run)}
      />
    </>
  )
}

type Set = (changed: Readonly<Record<string, string | undefined>>) => void

function Filter({
  name,
  options,
  params,
  set,
}: {
  readonly name: FilterKey
  readonly options: readonly string[]
  readonly params: Params
  readonly set: Set
}) {
  if (options.length < 2) return null
  return (
    <Choice
      label={names[name]}
      value={params[name] ?? ''}
      options={options}
      onChoose={(value) => set({ [name]: value })}
    />
  )
}

function SortButton({
  name,
  params,
  set,
}: {
  readonly name: SortKey
  readonly params: Params
  readonly set: Set
}) {
  const { key, down } = sortOf(params)
  const mine = key === name
  return (
    <button
      type="button"
      aria-pressed={mine}
      onClick={() => set({ sort: mine && !down ? `-${name}` : name })}
    >
      {names[name]}
      {mine ? (down ? ' ▼' : ' ▲') : ''}
    </button>
  )
}

function cellsOf(well: CalledWell | undefined, { path, store }: Run) {
  if (well === undefined) return []
  const plate = `${well.experiment}/${well.plate}`
  const href = linkTo('well', { store: store ?? '', plate, unit: well.unit, run: path })
  return columns.map(([key]) => {
    if (key === 'unit') return store === null ? well.unit : <a href={href}>{well.unit}</a>
    return key === 'probability' ? decimals(well.probability) : well[key]
  })
}
