import { nn, type Tensor, tensor, tidy } from '@phenoprint/torch'
import { describe, expect, it } from 'vitest'
import { LinearHead } from '../models/linear-head.js'
import { type InferenceNetwork, Network } from '../models/network.js'
import type { ViewLoader } from '../prediction/predict-views.js'
import { cutTile, tiling } from '../store/tiling.js'
import { meanShares, sharesTable } from './channel-shares.js'
import { channelWeights } from './explanation-table.js'
import { attributeSite } from './site-attribution.js'

/** Its feature maps are its images, its logits weighted sums of their means. */
class MeansNetwork extends Network {
  readonly blockKernels = []
  readonly stemName = ''
  readonly headName = 'head'
  protected readonly dropout = new nn.Dropout(0)
  protected readonly head: LinearHead

  constructor(readonly weights: readonly (readonly number[])[]) {
    super()
    this.head = this.register('head', new LinearHead(weights[0]?.length ?? 0, weights.length))
    tidy(() => this.head.weight.detach().copy_(tensor(weights)))
    this.head.bias?.detach().zero_()
  }

  featureMaps(images: Tensor): Tensor {
    return images.mul(1)
  }

  features(images: Tensor): Tensor {
    return images.mean({ dim: [2, 3] })
  }

  compileForInference(): InferenceNetwork {
    throw new Error('only explained')
  }
}

const image = { channels: 2, height: 5, width: 6, dtype: 'uint8' } as const
const tiled = tiling(image, [4, 4])
const pixels = Uint8Array.from({ length: 60 }, (_, i) => (7 * i) % 60)

/** Tiles of the image as they are; in pairs, each beside a second one. */
function loaderOf(views: 1 | 2): ViewLoader & { readonly sizes: number[] } {
  const sizes: number[] = []
  return {
    sizes,
    async load(samples) {
      sizes.push(samples.length)
      const channels = views * image.channels
      const images = new Float32Array(samples.length * channels * 16)
      samples.forEach(({ tile }, i) => {
        const cut = cutTile(tiled, tile, pixels)
        for (let c = 0; c < channels; c++) {
          for (let at = 0; at < 16; at++) {
            images[(i * 16 + at) * channels + c] = c < 2 ? (cut[c * 16 + at] ?? 0) : 1000
          }
        }
      })
      return { images, shape: [samples.length, channels, 4, 4], release() {} }
    },
  }
}

describe('the attribution of a site', () => {
  it.each([1, 2] as const)('is put together from its tiles (%i views at once)', async (views) => {
    const own = [
      [1, 2],
      [3, -5],
    ]
    const weights = views === 1 ? own : own.map((row) => [...row, 0.5, 0.5])
    using network = new MeansNetwork(weights)
    const loader = loaderOf(views)
    const inputs = { network, loader, tiling: tiled, device: 'cpu', cellTypes: null, batchSize: 3 }
    const { gradientInput, gradCam } = await attributeSite(0, 1, inputs)
    expect(loader.sizes).toEqual([3, 1])
    // The logit is the mean over 16 pixels of 3 a - 5 b, so each pixel has a sixteenth of it.
    const expected = [...pixels].map((value, i) => (value * (i < 30 ? 3 : -5)) / 16)
    expect([...gradientInput]).toEqual(expected.map((value) => expect.closeTo(value, 4)))
    const maps = Array.from({ length: 30 }, (_, i) => (expected[i] ?? 0) + (expected[30 + i] ?? 0))
    const constant = views === 1 ? 0 : (2 * 0.5 * 1000) / 16
    expect([...gradCam]).toEqual(
      maps.map((value) => expect.closeTo(Math.max(0, value + constant), 4)),
    )
  })
})

describe('channels', () => {
  it('have shares of the absolute values, and signed sums', () => {
    const gradientInput = Float32Array.of(1, -1, 0, 3, 3, 0)
    expect(channelWeights({ gradientInput }, 2)).toEqual({ share: [0.25, 0.75], sum: [0, 6] })
    expect(channelWeights({ gradientInput: new Float32Array(4) }, 2).share).toEqual([0, 0])
  })

  it('have mean shares by cell type', () => {
    const site = (cellType: string, a: number) => ({
      cellType,
      weights: { share: [a, 1 - a], sum: [0, 0] },
    })
    const shares = meanShares([site('RPE', 0.5), site('RPE', 1), site('HUVEC', 0.25)])
    expect(shares).toEqual({ RPE: [0.75, 0.25], HUVEC: [0.25, 0.75] })
    expect(sharesTable(shares, [{ name: 'nuclei' }, { name: 'actin' }])).toEqual([
      'explain: RPE: gradient x input by channel: nuclei 75 %, actin 25 %',
      'explain: HUVEC: gradient x input by channel: nuclei 25 %, actin 75 %',
    ])
  })
})
