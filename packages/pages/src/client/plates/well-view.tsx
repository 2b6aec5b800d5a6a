import { useEffect, useState } from 'preact/hooks'
import { plateContentsSchema, type Unit } from '../../api/store.js'
import { linkTo, type Params } from '../address.js'
import { useData } from '../data.js'
import { Loaded } from '../loaded.js'
import { amend } from '../navigation.js'
import { Page } from '../page.js'
import { ChannelControls } from '../viewer/channel-controls.js'
import { type FieldImage, loadField } from '../viewer/field-image.js'
import { placeOf, placeText } from '../viewer/place.js'
import { channelsText, mostVisible, shownChannels } from '../viewer/shown-channels.js'
import { Viewer } from '../viewer/viewer.js'
import { CallOfWell } from './call-of-well.js'

/** A well: its fields in all channels, and what a run called it. */
export function WellView({ params }: { readonly params: Params }) {
  const { store = '', plate = '', unit = '', run } = params
  const data = useData('plate', { store, plate }, plateContentsSchema)
  const way = [
    { name: store, href: linkTo('store', { path: store, run }) },
    { name: plate, href: linkTo('plate', { store, plate, run }) },
  ]
  return (
    <Loaded data={data}>
      {({ units, cellType }) => {
        const found = units.find(({ id }) => id === unit)
        return (
          <Page title={`${found?.well ?? unit}, plate ${plate}`} way={way}>
            {found === undefined ? (
              <p role="alert">There is no {unit} on this plate.</p>
            ) : (
              <>
                <p>
                  {cellType}, {found.role === 'treatment' ? 'treatment' : 'control'}{' '}
                  {found.label || 'of unknown class'}
                  {found.code === '' ? '' : ` (${found.code})`}.
                </p>
                <Fields unit={found} params={params} />
                {run !== undefined && <CallOfWell run={run} unit={unit} />}
              </>
            )}
          </Page>
        )
      }}
    </Loaded>
  )
}

function Fields({ unit, params }: { readonly unit: Unit; readonly params: Params }) {
  const there = unit.sites.filter(({ field }) => field !== null)
  const chosen = params.fields?.split(',') ?? there.map(({ site }) => site)
  const shown = there.filter(({ site }) => chosen.includes(site))
  const paths = shown.flatMap(({ field }) => field ?? [])
  const images = useFields(paths)
  const set = (changed: Readonly<Record<string, string | undefined>>) =>
    amend(linkTo('well', { ...params, ...changed }))
  const toggle = (site: string, on: boolean) => {
    const next = there
      .map((one) => one.site)
      .filter((one) => (one === site ? on : chosen.includes(one)))
    set({ fields: next.join(',') || 'none', at: undefined })
  }
  if (there.length === 0) return <p>Its images do not lie in the served folder.</p>
  return (
    <section>
      <h2>Fields</h2>
      <div class="controls">
        {there.map(({ site }) => (
          <label key={site}>
            <input
              type="checkbox"
              checked={chosen.includes(site)}
              onChange={({ currentTarget }) => toggle(site, currentTarget.checked)}
            />{' '}
            Field {site}
          </label>
        ))}
      </div>
      {images === null ? (
        <p role="status">Loading …</p>
      ) : typeof images === 'string' ? (
        <p role="alert">{images}</p>
      ) : (
        <Shown
          images={images}
          unit={unit}
          sites={shown.map(({ site }) => site)}
          {...{ params, set }}
        />
      )}
    </section>
  )
}

function Shown({
  images,
  unit,
  sites,
  params,
  set,
}: {
  readonly images: readonly FieldImage[]
  readonly unit: Unit
  readonly sites: readonly string[]
  readonly params: Params
  readonly set: (changed: Readonly<Record<string, string | undefined>>) => void
}) {
  const [first] = images
  if (first === undefined) return <p>No field is chosen.</p>
  const channels = shownChannels(first.channels, params.channels)
  const visible = channels.filter((channel) => channel.visible).map(({ name }) => name)
  const words = `${unit.well}, ${sites.map((site) => `field ${site}`).join(' and ')}: ${visible.join(', ') || 'no channel'}`
  return (
    <>
      <Viewer
        fields={images}
        channels={channels}
        place={placeOf(params.at)}
        words={words}
        onPlace={(place) => set({ at: place === null ? undefined : placeText(place) })}
      />
      <ChannelControls
        channels={channels}
        most={first.dtype === 'Uint8' ? 255 : 65_535}
        onChange={(changed) => {
          if (changed.filter((channel) => channel.visible).length > mostVisible) return
          set({ channels: channelsText(changed) })
        }}
      />
    </>
  )
}

/** The fields of some paths; null until all are there, words where one cannot be read. */
function useFields(paths: readonly string[]): readonly FieldImage[] | string | null {
  const key = paths.join('\n')
  const [found, setFound] = useState<{
    readonly key: string
    readonly images: readonly FieldImage[] | string
  } | null>(null)
  useEffect(() => {
    let wanted = true
    Promise.all(paths.map(loadField)).then(
      (images) => wanted && setFound({ key, images }),
      (error: unknown) =>
        wanted && setFound({ key, images: error instanceof Error ? error.message : String(error) }),
    )
    return () => {
      wanted = false
    }
  }, [key])
  return found?.key === key ? found.images : null
}
