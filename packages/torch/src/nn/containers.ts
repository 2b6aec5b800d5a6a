import type { Tensor } from '../tensor.js'
import { Layer, Module } from './module.js'

/** Gives its input back. */
export class Identity extends Layer {
  forward(input: Tensor): Tensor {
    return input
  }
}

/** `[batch, ...]` to `[batch, all the rest]`. */
export class Flatten extends Layer {
  forward(input: Tensor): Tensor {
    return input.flatten({ startDim: 1 })
  }
}

/** Layers one after another, named `0`, `1`, `2`, ... */
export class Sequential extends Layer {
  readonly layers: readonly Layer[]

  constructor(layers: readonly Layer[]) {
    super()
    this.layers = layers.map((layer, index) => this.register(String(index), layer))
  }

  forward(input: Tensor): Tensor {
    return this.layers.reduce((value, layer) => layer.forward(value), input)
  }
}

/** Modules in a list, named `0`, `1`, `2`, ...; what is done with them is their owner's business. */
export class ModuleList<M extends Module = Module> extends Module {
  readonly entries: readonly M[]

  constructor(modules: readonly M[]) {
    super()
    this.entries = modules.map((module, index) => this.register(String(index), module))
  }

  [Symbol.iterator](): Iterator<M> {
    return this.entries.values()
  }
}
