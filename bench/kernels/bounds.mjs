import { decodeArchitecture } from '../../packages/phenoprint/dist/models/efficientnet-scaling.js'

/**
 * What a pass cannot do without.
 *
 * @typedef {object} Demand
 * @property {number} products operations of matrix products: a multiplication and an addition are two.
 * @property {number} taps operations of depthwise convolutions.
 * @property {number} bytes of tensors read and written once, were the caches boundless within a pass
 *   and empty between passes.
 *
 * What the machine gives.
 * @typedef {object} Machine
 * @property {number} products operations a second of a large matrix product.
 * @property {number} taps operations a second of vectors of floats.
 * @property {number} bytes a second, of a large copy.
 */

/** Inputs up to this many channels are widened again where the result is read, not stored. */
const narrowChannels = 48

/**
 * The demands of the fused passes of EfficientNet-B0's blocks, summed over the blocks. Activations,
 * norms and the gate's two small layers are counted as nothing, so no pass can reach its bound.
 *
 * @param {object} input
 * @param {number} input.samples
 * @param {number} input.channels
 * @param {number} input.side height and width of the image, in pixels.
 * @param {number} input.valueBytes 4 or 2: of a stored activation.
 * @returns {Map<string, Demand>} by the name of the pass.
 */
export function passDemands({ samples, channels, side, valueBytes }) {
  /** @type {Map<string, Demand>} */
  const demands = new Map()
  /** @param {string} pass @param {Partial<Demand>} more */
  const add = (pass, { products = 0, taps = 0, bytes = 0 }) => {
    const sum = demands.get(pass) ?? { products: 0, taps: 0, bytes: 0 }
    demands.set(pass, {
      products: sum.products + products,
      taps: sum.taps + taps,
      bytes: sum.bytes + bytes,
    })
  }
  let pixels = samples * (side / 2) ** 2
  const blocks = decodeArchitecture('efficientnet-b0', 0).blocks.flat()
  for (const [index, block] of blocks.entries()) {
    const { inChannels, middleChannels, outChannels, kernelSize, stride, residual } = block
    const isStem = index === 0
    const isComputedAgain = !isStem && inChannels <= narrowChannels
    const [before, after] = [pixels, pixels / stride ** 2]
    const wide = before * middleChannels * valueBytes
    const convolved = after * middleChannels * valueBytes
    const out = after * outChannels * valueBytes
    const source = isStem ? samples * channels * side ** 2 * 4 : before * inChannels * valueBytes
    const widening = 2 * before * (isStem ? 9 * channels : inChannels) * middleChannels
    const projecting = 2 * after * middleChannels * outChannels
    const tapping = 2 * after * middleChannels * kernelSize ** 2

    add('expand forward', { products: widening, bytes: source + (isComputedAgain ? 0 : wide) })
    add('depthwise forward', {
      products: isComputedAgain ? widening : 0,
      taps: tapping,
      bytes: (isComputedAgain ? source : wide) + convolved,
    })
    add('pool and gate', { bytes: convolved })
    add('project forward', { products: projecting, bytes: convolved + out })
    add('norm 3 forward', { bytes: out * (residual ? 3 : 2) })
    add('project backward', { products: 2 * projecting, bytes: 2 * convolved + 4 * out })
    if (isComputedAgain) {
      const partial = before * inChannels * 4
      add('depthwise backward', {
        products: 3 * widening,
        taps: 2 * tapping,
        bytes: 2 * convolved + source + partial,
      })
      add('expand backward', {
        products: 4 * before * inChannels ** 2,
        bytes: partial + (residual ? 3 : 2) * source,
      })
    } else {
      add('depthwise backward', { taps: 2 * tapping, bytes: 2 * convolved + 2 * wide })
      add('expand backward', {
        products: (isStem ? 1 : 2) * widening,
        bytes: 2 * wide + (isStem ? 1 : residual ? 3 : 2) * source,
      })
    }
    pixels = after
  }
  return demands
}

/**
 * The least time of a pass: its longest demand, for products, taps and memory can be busy at once.
 *
 * @param {Demand} demand
 * @param {Machine} machine
 * @returns {{ milliseconds: number, by: keyof Demand }}
 */
export function boundOf(demand, machine) {
  const bounds = /** @type {(keyof Demand)[]} */ (['products', 'taps', 'bytes']).map((by) => ({
    by,
    milliseconds: (1000 * demand[by]) / machine[by],
  }))
  return bounds.reduce((longest, one) => (one.milliseconds > longest.milliseconds ? one : longest))
}
