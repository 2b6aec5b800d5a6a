import { afterAll, describe, expect, it } from 'vitest'
import { removeKeptFolders } from '../testing/kept-folder.js'
import { askPython } from '../testing/python.js'
import { makeStore } from './make-store.js'
import { showChannels } from './shown-channels.js'
import { order, recorder, smallScreen } from './small-screen.test.support.js'
import { Store } from './store.js'

afterAll(removeKeptFolders)

/** The display window of each channel of each plate, as numpy has it from all pixels, and as it is written. */
const script = `
import zarr
answer = []
for path in d:
    root = zarr.open_group(zarr.storage.ZipStore(path, mode='r'), mode='r')
    fields = [root[w['path']][i['path']] for w in root.attrs['ome']['plate']['wells'] for i in root[w['path']].attrs['ome']['well']['images']]
    written = {json.dumps(f.attrs['ome']['omero']['channels']) for f in fields}
    width = 1 if fields[0]['0'].dtype == np.uint8 else 16
    own = []
    for c in range(fields[0]['0'].shape[0]):
        values = np.sort(np.concatenate([f['0'][c].ravel() for f in fields]))
        cut = int(0.001 * len(values))
        own.append([int(values[cut]) // width * width, int(values[-1 - cut]) // width * width + width - 1])
    answer.append({'numpy': own, 'written': [json.loads(text) for text in written]})
print(json.dumps(answer))`

describe('the channels of a plate, as viewers show them', () => {
  it.each([
    { dtype: 'uint8', brightest: 97, max: 255 },
    { dtype: 'uint16', brightest: 4000, max: 65535 },
  ] as const)('have a window from the histogram: $dtype', async ({ dtype, brightest, max }) => {
    // Eight sites a plate: all of them are looked at.
    const made = smallScreen({ dtype, brightest, wells: ['A1', 'A2', 'A3', 'A4'], sites: 2 })
    const wanted = order(made)
    await makeStore(made.screen, wanted, recorder())
    using store = await Store.open(wanted.store.path)
    const files = made.screen.plates.map((_, plate) => store.plateFile(plate))
    const plates = Object(askPython(script, files))
    expect(plates).toHaveLength(2)
    for (const { numpy, written } of plates) {
      expect(written, 'the same in all fields').toEqual([
        made.screen.channels.map(({ name: label, color }, c) => ({
          label,
          color,
          active: true,
          window: { min: 0, max, start: numpy[c][0], end: numpy[c][1] },
        })),
      ])
      expect(numpy[0][1]).toBeLessThan(brightest + 15)
    }
  })

  it('are told apart by colour, and shown whatever their pixels are', () => {
    const image = { channels: 4, height: 2, width: 2, dtype: 'uint8' } as const
    const channels = ['dark', 'one value', 'brightest', 'missing'].map((name) => ({ name }))
    const histogram = new Uint32Array(4 * 256)
    for (const [channel, value] of [0, 9, 255].entries()) histogram[256 * channel + value] = 4
    expect(showChannels(channels, [{ histogram }], image)).toEqual([
      { name: 'dark', color: '0000FF', start: 0, end: 1 },
      { name: 'one value', color: '00FF00', start: 9, end: 10 },
      { name: 'brightest', color: 'FF0000', start: 254, end: 255 },
      { name: 'missing', color: '00FFFF', start: 0, end: 255 },
    ])
    const [alone] = showChannels([{ name: 'alone' }], [], { ...image, channels: 1 })
    expect(alone?.color).toBe('FFFFFF')
  })
})
