import { quoted } from './fault.js'
import { PickleDict, PickleFault, PickleList, type PickleValue } from './pickle-values.js'
import { StoredTensor } from './torch-tensors.js'

/** Deeper than any state. */
const deepest = 64
/** More than any state: a few bytes of pickle may unfold into as many names as one likes. */
const mostNames = 100_000

type Children = readonly (readonly [key: string, value: PickleValue])[]

/**
 * The tensors in a pickle by the path to them: keys and places in lists with dots between. A tensor alone is
 * called `tensor`.
 *
 * @throws {PickleFault} when two have one name, a structure contains itself, or there is no end to them.
 */
export function namedTensors(root: PickleValue): Map<string, StoredTensor> {
  const children = tensorBearing(root)
  const found = new Map<string, StoredTensor>()
  const visit = (value: PickleValue, path: string): void => {
    if (value instanceof StoredTensor) {
      if (found.has(path)) throw new PickleFault(`two tensors named ${quoted(path)}`, 'one')
      if (found.size === mostNames) throw new PickleFault('more tensors', `at most ${mostNames}`)
      found.set(path, value)
      return
    }
    for (const [key, inner] of children.get(value) ?? []) {
      visit(inner, path === '' ? key : `${path}.${key}`)
    }
  }
  if (root instanceof StoredTensor) found.set('tensor', root)
  else visit(root, '')
  return found
}

/** For each structure that leads to tensors, the children that do. Each structure is looked at once. */
function tensorBearing(root: PickleValue): ReadonlyMap<PickleValue, Children> {
  const known = new Map<PickleValue, Children>()
  const begun = new Set<PickleValue>()
  const leads = (value: PickleValue, depth: number): boolean => {
    if (value instanceof StoredTensor) return true
    if (!isStructure(value)) return false
    const before = known.get(value)
    if (before !== undefined) return before.length > 0
    if (begun.has(value) || depth === deepest) {
      throw new PickleFault(`a structure in itself, or ${deepest} levels`, 'a state')
    }
    begun.add(value)
    const children = childrenOf(value).filter(([, inner]) => leads(inner, depth + 1))
    known.set(value, children)
    return children.length > 0
  }
  leads(root, 0)
  return known
}

function isStructure(value: PickleValue): boolean {
  return value instanceof PickleDict || value instanceof PickleList || Array.isArray(value)
}

function childrenOf(value: PickleValue): Children {
  if (value instanceof PickleDict) {
    return [...value.entries].map(([key, inner]) => [String(key), inner] as const)
  }
  const items = value instanceof PickleList ? value.items : Array.isArray(value) ? value : []
  return items.map((inner: PickleValue, place: number) => [String(place), inner] as const)
}
