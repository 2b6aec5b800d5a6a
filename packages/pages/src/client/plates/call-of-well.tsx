import { callsSchema, predictionSchema } from '../../api/run.js'
import { useData } from '../data.js'
import { Loaded } from '../loaded.js'
import { percent } from '../words.js'
import { calledWells } from './called-wells.js'

/** What a run called a well, and the classes that came next. */
export function CallOfWell({ run, unit }: { readonly run: string; readonly unit: string }) {
  const calls = useData('calls', { run }, callsSchema)
  return (
    <section>
      <h2>As {run} called it</h2>
      <Loaded data={calls}>
        {(calls) => {
          const well = calledWells(calls).find((one) => one.unit === unit)
          if (well === undefined) return <p>This run did not call it.</p>
          return (
            <>
              <p>
                Called <b>{well.call}</b>
                {well.label === '' ? '' : `; its label is ${well.label}: ${well.outcome}`} (
                {well.split}).
              </p>
              <Likeliest run={run} split={well.split} unit={unit} />
            </>
          )
        }}
      </Loaded>
    </section>
  )
}

function Likeliest(asked: { readonly run: string; readonly split: string; readonly unit: string }) {
  const prediction = useData('prediction', { ...asked }, predictionSchema)
  // Calls without predictions, as assign makes them, have nothing more to show.
  if (prediction.state !== 'ready') return null
  const { probabilities, classes } = prediction.value
  return (
    <dl class="bars" aria-label={probabilities ? 'Probabilities' : 'Averaged ranks'}>
      {classes.map(({ name, score }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <meter min={0} max={1} value={score} aria-label={name} />
            <span>{percent(score)}</span>
          </dd>
        </div>
      ))}
    </dl>
  )
}
