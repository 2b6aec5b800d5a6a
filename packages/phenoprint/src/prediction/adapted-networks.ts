import type { Network } from '../models/network.js'
import { AdaptedNetwork, type AdaptedOptions } from './adapted-network.js'
import type { NetworkSource } from './network-source.js'

/** The networks of a run with other statistics, one at a time. */
export class AdaptedNetworks implements Disposable {
  readonly #networks: NetworkSource
  readonly #options: AdaptedOptions
  #current: { readonly of: Network; readonly adapted: AdaptedNetwork } | null = null

  constructor(networks: NetworkSource, options: AdaptedOptions) {
    this.#networks = networks
    this.#options = options
  }

  for(cellType: string): AdaptedNetwork {
    const network = this.#networks.adaptableFor(cellType)
    if (this.#current?.of === network) return this.#current.adapted
    this[Symbol.dispose]()
    const adapted = new AdaptedNetwork(network, this.#options)
    this.#current = { of: network, adapted }
    return adapted
  }

  [Symbol.dispose](): void {
    this.#current?.adapted[Symbol.dispose]()
    this.#current = null
  }
}
