import { Module } from './module.js'

/** Modules in a row, named 0, 1, 2, ...; what calls them is up to the owner. */
export class ModuleList<M extends Module> extends Module {
  constructor(readonly entries: readonly M[]) {
    super()
    entries.forEach((entry, index) => {
      this.register(String(index), entry)
    })
  }

  [Symbol.iterator](): Iterator<M> {
    return this.entries[Symbol.iterator]()
  }
}
