import { tidy } from '@phenoprint/torch'
import { predictionSamples } from '../batches/samples.js'
import type { CellTypeInput } from '../models/cell-type-input.js'
import { imageTensor } from '../models/image-tensor.js'
import type { Network } from '../models/network.js'
import type { ViewLoader } from '../prediction/predict-views.js'
import { filledPart, type Tiling } from '../store/tiling.js'
import { type Attribution, attribute } from './attribution.js'

/** What in a site speaks for a class, put together from its tiles. */
export interface SiteAttribution {
  /** `[channel, y, x]` */
  readonly gradientInput: Float32Array
  /** `[y, x]` */
  readonly gradCam: Float32Array
}

export interface AttributionInputs {
  readonly network: Network
  readonly loader: ViewLoader
  readonly tiling: Tiling
  readonly device: string
  /** What the network takes beside images. */
  readonly cellTypes: CellTypeInput | null
  /** Tiles at once. */
  readonly batchSize: number
}

/**
 * Explains the logit of a class in each tile of a site. Of pairs (a well beside a control) only the
 * well's channels are kept.
 *
 * @param site Index into the screen's sites.
 */
export async function attributeSite(
  site: number,
  classIndex: number,
  { network, loader, tiling, device, cellTypes, batchSize }: AttributionInputs,
): Promise<SiteAttribution> {
  const { image, tilesPerSite } = tiling
  const count = image.height * image.width
  const whole: SiteAttribution = {
    gradientInput: new Float32Array(image.channels * count),
    gradCam: new Float32Array(count),
  }
  const samples = predictionSamples({ sites: [site], tilesPerSite, symmetries: ['identity'] })
  for (let first = 0; first < samples.length; first += batchSize) {
    const { images, shape } = await loader.load(samples.slice(first, first + batchSize))
    const [tiles, channels] = shape
    const found = tidy(() => {
      const given = imageTensor(images, shape, device)
      const classes = new Array<number>(tiles).fill(classIndex)
      const sites = new Array<number>(tiles).fill(site)
      const beside = cellTypes?.ofSites(sites).to({ device }) ?? null
      return attribute(network, given, classes, beside)
    })
    for (let i = 0; i < tiles; i++) paste(found, i, channels, tiling, first + i, whole)
  }
  return whole
}

/** Copies what was found of a tile to its place in the site. */
function paste(
  { gradientInput, gradCam }: Attribution,
  i: number,
  channels: number,
  tiling: Tiling,
  index: number,
  whole: SiteAttribution,
): void {
  const { image, tile, columns } = tiling
  const filled = filledPart(tiling, index)
  const top = Math.floor(index / columns) * tile.height
  const left = (index % columns) * tile.width
  const plane = tile.height * tile.width
  const copy = (from: Float32Array, start: number, to: Float32Array, target: number) => {
    for (let y = 0; y < filled.height; y++) {
      const line = from.subarray(start + y * tile.width, start + y * tile.width + filled.width)
      to.set(line, target + (top + y) * image.width + left)
    }
  }
  copy(gradCam, i * plane, whole.gradCam, 0)
  for (let c = 0; c < image.channels; c++) {
    const target = c * image.height * image.width
    copy(gradientInput, (i * channels + c) * plane, whole.gradientInput, target)
  }
}
