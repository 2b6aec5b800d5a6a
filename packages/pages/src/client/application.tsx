import { HomeView } from './home-view.js'
import { useAddress } from './navigation.js'
import { Page } from './page.js'
import { PlateView } from './plates/plate-view.js'
import { StoreView } from './plates/store-view.js'
import { WellView } from './plates/well-view.js'
import { RunView } from './run-view.js'
import { WellsView } from './wells/wells-view.js'

/** The view that the address names. */
export function Application() {
  const { view, params } = useAddress()
  if (view === 'home') return <HomeView />
  if (view === 'run') return <RunView key={params.path} params={params} />
  if (view === 'store') return <StoreView key={params.path} params={params} />
  if (view === 'plate') return <PlateView key={params.plate} params={params} />
  if (view === 'well') return <WellView key={params.unit} params={params} />
  if (view === 'wells') return <WellsView key={params.run} params={params} />
  return (
    <Page title="Nothing here" way={[]}>
      <p>This address names no view.</p>
    </Page>
  )
}
