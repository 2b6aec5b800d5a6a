import { accuracyCurves, lossCurves } from '@phenoprint/phenoprint/plots'
import { z } from 'zod'
import { type Run, runSchema } from '../api/run.js'
import { fileLink, linkTo, type Params } from './address.js'
import { csvOf } from './csv.js'
import { useData } from './data.js'
import type { Epoch } from './events.js'
import { Figure } from './figure.js'
import { Loaded } from './loaded.js'
import { MetricsTable } from './metrics-table.js'
import { Page } from './page.js'
import { saveFile } from './save-file.js'
import { useEpochs } from './use-epochs.js'
import { decimals, moment, percent } from './words.js'

/** One run: its curves as they grow, its figures, and the ways to its wells. */
export function RunView({ params: { path = '' } }: { readonly params: Params }) {
  const epochs = useEpochs(path)
  // A run that ends while it is looked at has more to show: it is asked for again with each epoch.
  const data = useData('run', { path, after: String(epochs.length) }, runSchema)
  return (
    <Page title={path} way={[]}>
      {epochs.length > 0 && <Curves path={path} epochs={epochs} />}
      <Loaded data={data}>{(run) => <Facts run={run} />}</Loaded>
    </Page>
  )
}

function Facts({ run }: { readonly run: Run }) {
  const { path, verb, state, started, store, calls, report, pictures } = run
  return (
    <>
      <p>
        {verb}, <span class={`state-${state}`}>{state}</span>, begun {moment(started)}.{' '}
        <DataOf provenance={run.provenance} />
      </p>
      <ul>
        {calls && (
          <li>
            <a href={linkTo('wells', { run: path })}>Wells as this run called them</a>
          </li>
        )}
        {store !== null && (
          <li>
            <a href={linkTo('store', { path: store, run: calls ? path : undefined })}>
              Plates of {store}
            </a>
          </li>
        )}
        {report && (
          <li>
            <a href={fileLink(`${path}/report.html`)}>Report</a>
          </li>
        )}
        {calls && (
          <li>
            <a href={fileLink(`${path}/calls.csv`)} download="calls.csv">
              Download calls.csv
            </a>
          </li>
        )}
      </ul>
      <MetricsTable metrics={run.metrics} />
      {pictures.length > 0 && (
        <section>
          <h2>Pictures</h2>
          <div class="row thumbs">
            {pictures.map((picture) => (
              <a key={picture} href={fileLink(picture)}>
                <img src={fileLink(picture)} alt={picture.split('/').at(-1) ?? ''} loading="lazy" />
              </a>
            ))}
          </div>
        </section>
      )}
      <details>
        <summary>Configuration</summary>
        <pre>{run.config}</pre>
      </details>
      <details>
        <summary>Where it comes from</summary>
        <pre>{JSON.stringify(run.provenance, null, 2)}</pre>
      </details>
    </>
  )
}

function Curves({ path, epochs }: { readonly path: string; readonly epochs: readonly Epoch[] }) {
  const last = epochs.at(-1)
  const validated = epochs.filter(({ validationLoss }) => !Number.isNaN(validationLoss))
  return (
    <section>
      <h2>Training</h2>
      <p aria-live="polite">
        Epoch {last?.epoch}
        {last?.epochs ? ` of ${last.epochs}` : ''}: loss {decimals(last?.trainingLoss ?? null)},
        validation loss {decimals(last?.validationLoss ?? null)}, accuracy{' '}
        {percent(last?.accuracy ?? null)}.
      </p>
      <div class="row">
        <Figure
          kind="loss"
          svg={lossCurves(epochs, path)}
          caption={`Loss, ${path}. Solid: validation; dashed: training.`}
        />
        {validated.length > 0 && (
          <Figure
            kind="curve-accuracy"
            svg={accuracyCurves(validated, path)}
            caption={`Validation accuracy, ${path}.`}
          />
        )}
      </div>
      <details>
        <summary>Every epoch</summary>
        <EpochTable path={path} epochs={epochs} />
      </details>
    </section>
  )
}

const header = ['Network', 'Epoch', 'Training loss', 'Validation loss', 'Validation accuracy']

function EpochTable({
  path,
  epochs,
}: {
  readonly path: string
  readonly epochs: readonly Epoch[]
}) {
  const save = () => {
    const rows = epochs.map((epoch) =>
      [epoch.epoch, epoch.trainingLoss, epoch.validationLoss, epoch.accuracy].map(String),
    )
    const named = rows.map((row, i) => [epochs[i]?.network ?? '', ...row])
    saveFile(`${path}-epochs.csv`, new Blob([csvOf(header, named)], { type: 'text/csv' }))
  }
  return (
    <>
      <button type="button" onClick={save}>
        Download table
      </button>
      <table>
        <thead>
          <tr>
            {header.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {epochs.map(({ network, epoch, trainingLoss, validationLoss, accuracy }) => (
            <tr key={`${network} ${epoch}`}>
              <th scope="row">{network}</th>
              <td class="number">{epoch}</td>
              <td class="number">{decimals(trainingLoss)}</td>
              <td class="number">{decimals(validationLoss)}</td>
              <td class="number">{percent(accuracy)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  )
}

const provenanceSchema = z.object({
  data: z.string().nullable(),
  sessions: z.array(z.object({ code: z.string() })),
})

function DataOf({ provenance }: { readonly provenance: unknown }) {
  const { data } = provenanceSchema.safeParse(provenance)
  if (data === undefined) return null
  const code = data.sessions.at(-1)?.code ?? ''
  return (
    <span class="quiet">
      {data.data === null ? '' : `Data ${data.data.slice(0, 12)}. `}Code {code}.
    </span>
  )
}
