import type { DType, SchemaValue, Tensor } from '../index.js'
import { complex, empty, float, Generator, rand, randint, randn, tensor, zeros } from '../index.js'

/** Nothing in them, images, volumes, and many dimensions. */
const rare: readonly (readonly number[])[] = [
  ...[[0], [0, 3], [2, 0, 4], [1, 3, 8, 8], [2, 4, 5, 5], [4, 1, 3, 3]],
  ...[
    [2, 3, 4, 4, 4],
    [1, 1, 1, 1, 1, 1],
  ],
]

/** Draws values for an operator's arguments by their types: such as fit, and such as do not. */
export class RandomArguments {
  readonly #random: () => number

  /** @param random from 0 to below 1. */
  constructor(random: () => number) {
    this.#random = random
  }

  one<T>(first: T, ...others: readonly T[]): T {
    const at = Math.floor(this.#random() * (others.length + 1))
    return at === 0 ? first : (others[at - 1] ?? first)
  }

  /** Whether something of that probability happens. */
  happens(probability: number): boolean {
    return this.#random() < probability
  }

  /** Some value of a schema's type; undefined, its default, is drawn where there is one. */
  value({ type, defaultValue, length }: SchemaValue): unknown {
    if (defaultValue !== undefined && this.happens(0.5)) return undefined
    return this.#of(type, length)
  }

  #of(type: string, length?: number, inList = false): unknown {
    const optional = /^Optional\[(.*)\]$/.exec(type)?.[1] ?? /^(.*)\?$/.exec(type)?.[1]
    if (optional !== undefined) return this.happens(0.3) ? null : this.#of(optional, length)
    const element = /^List\[(.*)\]$/.exec(type)?.[1] ?? /^(.*)\[\d*\]$/.exec(type)?.[1]
    if (element !== undefined) return this.#list(element, length)
    switch (type.replace(/\(.*\)/, '')) {
      case 'Tensor':
        return this.tensor()
      case 'bool':
        return this.one(true, false)
      case 'str':
        return this.one('', 'mean', 'floor', 'reflect', 'ij', 'ab,bc->ac', 'linear', 'nonsense')
      case 'Device':
        return this.one('cpu', 'cpu', 'meta')
      case 'Generator':
        return this.one(null, new Generator({ seed: 3 }))
      default:
        return this.#number(inList)
    }
  }

  #list(element: string, length = this.one<number>(0, 1, 2, 3, 4)): unknown[] {
    const count = this.happens(0.9) ? length : this.one<number>(0, 1, 2, 5, 70)
    if (element !== 'Tensor' || this.happens(0.5)) {
      return Array.from({ length: count }, () => this.#of(element, undefined, true))
    }
    const shape = this.#shape()
    return Array.from({ length: count }, () => this.#filled(shape, 'float32'))
  }

  /** Counts, places and factors; the greatest ask for more memory than there is, or overflow. */
  #number(near: boolean): unknown {
    if (near || this.happens(0.85)) return this.one<unknown>(0, 1, 2, 3, -1, -2, 0.5, float(1), 4)
    return this.one<unknown>(
      ...[-7, 2 ** 40, -(2 ** 52), 2n ** 62n, -(2n ** 63n), complex(1, -1)],
      ...[Number.NaN, Number.POSITIVE_INFINITY, float(-0), true],
    )
  }

  tensor(): Tensor {
    const dtype = this.one<DType>(
      ...(['float32', 'float32', 'float32', 'float32', 'int64', 'int64'] as const),
      ...(['float64', 'bfloat16', 'float16', 'bool', 'uint8', 'int32', 'complex64'] as const),
    )
    const made = this.#filled(this.#shape(), dtype)
    const last = made.dim === 4 && this.happens(0.5)
    const laid = last ? made.contiguous({ memoryFormat: 'channelsLast' }) : this.#viewed(made)
    if (this.happens(0.4) && laid.isFloatingPoint()) laid.requiresGrad = true
    return laid
  }

  #shape(): readonly number[] {
    return this.one<readonly number[]>(
      [],
      [1],
      [3],
      [3],
      [4],
      [2, 3],
      [3, 2],
      [3, 3],
      [3, 3],
      [2, 3, 4],
      ...rare,
    )
  }

  #filled(shape: readonly number[], dtype: DType): Tensor {
    switch (this.one('normal', 'normal', 'whole', 'wild', 'zero')) {
      case 'normal':
        return randn(shape).to({ dtype })
      case 'whole':
        return randint(4, shape).to({ dtype })
      case 'zero':
        return zeros(shape, { dtype })
      case 'wild': {
        const far = this.one<number>(Number.NaN, Number.POSITIVE_INFINITY, -(2 ** 62), -1, 1e30)
        return rand(shape).add(far).to({ dtype })
      }
    }
  }

  /** Other strides, shared elements, an offset. */
  #viewed(made: Tensor): Tensor {
    switch (this.one('as it is', 'as it is', 'turned', 'expanded', 'part', 'meta')) {
      case 'turned':
        return made.dim < 2 ? made : made.transpose(0, -1)
      case 'expanded':
        return made.dim === 0
          ? made
          : made.narrow(0, 0, Math.min(1, made.shape[0] ?? 0)).expand([-1, ...made.shape.slice(1)])
      case 'part':
        return made.dim === 0 ? made : made.slice({ dim: -1, start: 1 })
      case 'meta':
        return this.happens(0.2)
          ? empty([...made.shape], { dtype: made.dtype, device: 'meta' })
          : made
      default:
        return made
    }
  }

  /** A value that no schema wants. */
  nonsense(): unknown {
    const made = [new Map(), new Float32Array(3), tensor([1]), Symbol('x'), () => 1]
    return this.one<unknown>('x', {}, [], [[]], Number.NaN, null, ...made)
  }
}
