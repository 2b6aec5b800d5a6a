import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  aten,
  dispose,
  memory,
  ones,
  rand,
  setThreads,
  type Tensor,
  tensor,
  tidy,
  zeros,
} from './index.js'
import { itOnDevices } from './testing/devices.test.support.js'

/** Tensors made since the test began that are not freed. */
let before = 0
const made = () => memory.live().tensors - before

beforeEach(() => {
  setThreads(1)
  before = memory.live().tensors
})

describe('tidy', () => {
  it('frees what was made and not returned', () => {
    let inside: Tensor | undefined
    const returned = tidy(() => {
      inside = ones([2])
      return inside.add(1).mul(3)
    })
    expect(inside?.disposed).toBe(true)
    expect(returned.toNumbers()).toEqual([6, 6])
    expect(made()).toBe(1)
    returned.dispose()
    expect(made()).toBe(0)
  })

  it('keeps what is returned in arrays, Maps, Sets and objects however deep', () => {
    const returned = tidy(() => {
      const key = zeros([1])
      return {
        list: [ones([1]), [ones([1])]],
        map: new Map<unknown, unknown>([
          ['a', ones([1])],
          [key, 1],
        ]),
        set: new Set([ones([1])]),
        nothing: null,
        dropped: ones([1]).sum().item(),
      }
    })
    expect(made()).toBe(5)
    dispose(returned)
    expect(made()).toBe(0)
  })

  it('does not look into objects of other classes', () => {
    class Holder {
      constructor(readonly held: Tensor) {}
    }
    const holder = tidy(() => new Holder(ones([1])))
    expect(holder.held.disposed).toBe(true)
  })

  it('looks through values that hold themselves', () => {
    const cycle: { self?: unknown; tensor?: Tensor } = {}
    cycle.self = cycle
    tidy(() => {
      cycle.tensor = ones([1])
      return cycle
    })
    expect(cycle.tensor?.toNumbers()).toEqual([1])
    cycle.tensor?.dispose()
  })

  it('finds tensors below a hundred thousand levels', () => {
    const returned = tidy(() => {
      let list: { tensor: Tensor; next: unknown } = { tensor: ones([1]), next: null }
      const deepest = list.tensor
      for (let depth = 0; depth < 100_000; depth++) list = { tensor: deepest, next: list }
      return list
    })
    expect(returned.tensor.disposed).toBe(false)
    dispose(returned)
    expect(made()).toBe(0)
  })

  it('frees what was made when the work throws, at every depth', () => {
    const fails = () =>
      tidy(() => {
        ones([2])
        tidy(() => {
          ones([3])
          throw new RangeError('mine')
        })
      })
    expect(fails).toThrow(new RangeError('mine'))
    expect(made()).toBe(0)
    expect(tidy(() => ones([2]).sum().item())).toBe(2)
  })

  it('inside another gives to that one what it returns', () => {
    tidy(() => {
      const inner = tidy(() => {
        ones([2])
        return ones([2])
      })
      expect(made()).toBe(1)
      expect(inner.disposed).toBe(false)
    })
    expect(made()).toBe(0)
  })

  it('leaves alone what an outer one made, returned or not', () => {
    tidy(() => {
      const outer = ones([2])
      tidy(() => {
        outer.add_(1)
      })
      expect(tidy(() => outer)).toBe(outer)
      expect(outer.toNumbers()).toEqual([2, 2])
    })
    expect(made()).toBe(0)
  })

  it('leaves kept tensors to dispose()', () => {
    const kept = tidy(() => tidy(() => [ones([2]).keep()])).at(0)
    const alsoKept: Tensor[] = []
    tidy(() => {
      alsoKept.push(ones([2]).keep())
    })
    expect(made()).toBe(2)
    dispose([kept, alsoKept])
    expect(made()).toBe(0)
  })

  it('bears that tensors in it are disposed, and disposed ones returned', () => {
    const returned = tidy(() => {
      const made = ones([2])
      made.dispose()
      return [made, made]
    })
    expect(returned[0]?.disposed).toBe(true)
    expect(made()).toBe(0)
  })

  it('forgets what is disposed in a long scope, and frees the rest at its end', () => {
    tidy(() => {
      const stays = ones([2])
      for (let step = 0; step < 5000; step++) zeros([1]).dispose()
      expect(stays.toNumbers()).toEqual([1, 1])
      expect(made()).toBe(1)
    })
    expect(made()).toBe(0)
  })

  it('refuses asynchronous work, and frees what it made', () => {
    expect(() =>
      tidy(async () => {
        ones([2])
        await setImmediate()
        throw new Error('its own failure is not unhandled')
      }),
    ).toThrow(/tidy\(\) was given asynchronous work/)
    expect(made()).toBe(0)
  })

  it('frees the wrapper of a gradient, and not the gradient', () => {
    const leaf = ones([2])
    leaf.requiresGrad = true
    tidy(() => leaf.mul(3).sum().backward())
    tidy(() => leaf.grad)
    expect(tidy(() => leaf.grad?.toNumbers())).toEqual([3, 3])
    leaf.dispose()
  })
})

const title = '200 training steps leave no tensor and no byte, also when one throws in its middle'
itOnDevices(title, (device) => {
  const [x, y] = [rand([16, 8], { device }), aten.randint(4, [16], { device })]
  const weight = rand([4, 8], { device })
  weight.requiresGrad = true
  const step = (fails: boolean) =>
    tidy(() => {
      const loss = aten.crossEntropyLoss(aten.linear(x, weight), y)
      if (fails) loss.add(zeros([3, 3], { device })).mm(zeros([5, 5], { device }))
      loss.backward()
      const gradient = weight.grad
      if (gradient !== null) aten._foreachAdd_([weight.detach()], [gradient], { alpha: -0.1 })
      weight.grad = null
      return loss.item()
    })
  const first = step(false)
  memory.trim()
  const live = memory.live()
  const held = memory.allocator().inUse
  for (let count = 0; count < 200; count++) {
    if (count % 3 === 2) expect(() => step(true)).toThrow(/mm/)
    else step(false)
  }
  expect(memory.live()).toEqual(live)
  expect(memory.allocator().inUse).toBe(held)
  expect(step(false)).toBeLessThan(first)
  dispose([x, y, weight])
})

it('what nobody disposes is freed by the garbage collector', async () => {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const held = memory.allocator().inUse
  for (let count = 0; count < 100; count++) tensor(new Float32Array(1 << 16))
  expect(memory.allocator().inUse).toBeGreaterThan(held + 90 * (1 << 18))
  for (let round = 0; round < 10 && made() > 5; round++) {
    collect()
    await setImmediate()
  }
  expect(made()).toBeLessThan(6)
  expect(memory.allocator().inUse).toBeLessThan(held + 6 * (1 << 19))
})
