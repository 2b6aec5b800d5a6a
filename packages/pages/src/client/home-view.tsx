import { useEffect, useState } from 'preact/hooks'
import { type Contents, contentsSchema } from '../api/contents.js'
import { linkTo } from './address.js'
import { ask, type Data } from './data.js'
import { Loaded } from './loaded.js'
import { Page } from './page.js'
import { moment } from './words.js'

/** How often the list is made again, in milliseconds: runs begin and end. */
const interval = 5000

/** All runs and stores of the served folder. */
export function HomeView() {
  const contents = useContents()
  return (
    <Page title={contents.state === 'ready' ? contents.value.folder : 'Runs and stores'} way={[]}>
      <Loaded data={contents}>{(found) => <Lists found={found} />}</Loaded>
    </Page>
  )
}

function Lists({ found: { runs, stores, cut } }: { readonly found: Contents }) {
  return (
    <>
      <section>
        <h2>Runs</h2>
        {runs.length === 0 ? (
          <p>There is no run in this folder.</p>
        ) : (
          <table>
            <thead>
              <tr>
                <th scope="col">Run</th>
                <th scope="col">Command</th>
                <th scope="col">State</th>
                <th scope="col">Begun</th>
              </tr>
            </thead>
            <tbody>
              {runs.map(({ path, verb, state, started }) => (
                <tr key={path}>
                  <th scope="row">
                    <a href={linkTo('run', { path })}>{path}</a>
                  </th>
                  <td>{verb}</td>
                  <td class={`state-${state}`}>{state}</td>
                  <td>{moment(started)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
      <section>
        <h2>Stores</h2>
        {stores.length === 0 ? (
          <p>There is no store in this folder.</p>
        ) : (
          <ul>
            {stores.map(({ path }) => (
              <li key={path}>
                <a href={linkTo('store', { path })}>{path}</a>
              </li>
            ))}
          </ul>
        )}
      </section>
      {cut && (
        <p>There are more folders than were looked at. Serve one further down to see them.</p>
      )}
    </>
  )
}

function useContents(): Data<Contents> {
  const [contents, setContents] = useState<Data<Contents>>({ state: 'loading' })
  useEffect(() => {
    let wanted = true
    const load = async () => {
      try {
        const value = await ask('contents', {}, contentsSchema)
        if (wanted) setContents({ state: 'ready', value })
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error)
        if (wanted) setContents({ state: 'failed', message })
      }
    }
    void load()
    const timer = setInterval(load, interval)
    return () => {
      wanted = false
      clearInterval(timer)
    }
  }, [])
  return contents
}
