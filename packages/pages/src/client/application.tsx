import { HomeView } from './home-view.js'
import { useAddress } from './navigation.js'
import { Page } from './page.js'
import { RunView } from './run-view.js'

/** The view that the address names. */
export function Application() {
  const { view, params } = useAddress()
  if (view === 'home') return <HomeView />
  if (view === 'run') return <RunView key={params.path} params={params} />
  return (
    <Page title="Nothing here" way={[]}>
      <p>This address names no view.</p>
    </Page>
  )
}
