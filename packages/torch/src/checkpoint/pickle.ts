import { ByteCursor } from './pickle-bytes.js'
import { literal } from './pickle-literals.js'
import {
  isKey,
  PickleDict,
  type PickleExtra,
  PickleFault,
  PickleList,
  type PickleValue,
} from './pickle-values.js'

/** What the caller allows besides plain data; each throws a PickleFault for what it does not know. */
export interface PickleMeanings {
  /** A class or function, by its name. */
  global(module: string, name: string): PickleExtra
  /** Something that lies outside of the pickle. */
  persistent(id: PickleValue): PickleExtra
  /** The result of a call. */
  call(callee: PickleValue, values: readonly PickleValue[]): PickleValue
}

/**
 * Interprets a pickle (protocols 2 to 5) as data. Nothing is executed: a name is a name, and what is not
 * among the meanings is refused, as are the opcodes that only objects of classes need.
 *
 * @throws {PickleFault} for anything that is not such a pickle.
 * @see Python's Lib/pickletools.py, which describes each opcode.
 */
export function readPickle(bytes: Uint8Array, meanings: PickleMeanings): PickleValue {
  return new Machine(new ByteCursor(bytes), meanings).run()
}

class Machine {
  #stack: PickleValue[] = []
  /** What lies below each mark. */
  readonly #below: PickleValue[][] = []
  readonly #memo = new Map<number, PickleValue>()
  readonly #bytes: ByteCursor
  readonly #meanings: PickleMeanings

  constructor(bytes: ByteCursor, meanings: PickleMeanings) {
    this.#bytes = bytes
    this.#meanings = meanings
  }

  run(): PickleValue {
    for (;;) {
      const opcode = this.#bytes.uint8()
      if (opcode === 0x2e /* STOP */) return this.#pop()
      const value = literal(opcode, this.#bytes)
      if (value === undefined) this.#work(opcode)
      else this.#stack.push(value)
    }
  }

  #work(opcode: number): void {
    const bytes = this.#bytes
    switch (opcode) {
      case 0x80: // PROTO
        this.#requireProtocol(bytes.uint8())
        break
      case 0x95: // FRAME
        bytes.skip(8)
        break
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        this.#stack.push(this.#popMany(opcode - 0x84))
        break
      case 0x28: // MARK
        this.#below.push(this.#stack)
        this.#stack = []
        break
      case 0x74: // TUPLE
        this.#pushTuple(this.#popToMark())
        break
      case 0x61: // APPEND
        this.#append(this.#popMany(1))
        break
      case 0x65: // APPENDS
        this.#append(this.#popToMark())
        break
      case 0x73: // SETITEM
        this.#setItems(this.#popMany(2))
        break
      case 0x75: // SETITEMS
        this.#setItems(this.#popToMark())
        break
      case 0x94: // MEMOIZE
        this.#memo.set(this.#memo.size, this.#top())
        break
      case 0x71: // BINPUT
        this.#memo.set(bytes.uint8(), this.#top())
        break
      case 0x72: // LONG_BINPUT
        this.#memo.set(bytes.uint32(), this.#top())
        break
      case 0x68: // BINGET
        this.#recall(bytes.uint8())
        break
      case 0x6a: // LONG_BINGET
        this.#recall(bytes.uint32())
        break
      case 0x63: // GLOBAL
        this.#stack.push(this.#meanings.global(bytes.line(), bytes.line()))
        break
      case 0x93: // STACK_GLOBAL
        this.#pushGlobal(this.#popMany(2))
        break
      case 0x51: // BINPERSID
        this.#stack.push(this.#meanings.persistent(this.#pop()))
        break
      case 0x52: // REDUCE
        this.#pushCall(this.#popMany(2))
        break
      case 0x62: // BUILD
        this.#build(this.#popMany(2))
        break
      default:
        throw new PickleFault(
          `the opcode 0x${opcode.toString(16)} at byte ${bytes.at - 1}`,
          'one of plain data and tensors',
        )
    }
  }

  #pop(): PickleValue {
    const value = this.#stack.pop()
    if (value === undefined) throw new PickleFault('an empty stack', 'a value')
    return value
  }

  #top(): PickleValue {
    const value = this.#pop()
    this.#stack.push(value)
    return value
  }

  #popMany(count: number): PickleValue[] {
    return Array.from({ length: count }, () => this.#pop()).reverse()
  }

  #popToMark(): PickleValue[] {
    const values = this.#stack
    const below = this.#below.pop()
    if (below === undefined) throw new PickleFault('a structure without a begin', 'a mark')
    this.#stack = below
    return values
  }

  #pushTuple(values: readonly PickleValue[]): void {
    this.#stack.push(values)
  }

  #append(values: readonly PickleValue[]): void {
    const list = this.#top()
    if (!(list instanceof PickleList))
      throw new PickleFault('something else', 'a list to append to')
    for (const value of values) list.items.push(value)
  }

  #setItems(values: readonly PickleValue[]): void {
    const dict = this.#top()
    if (!(dict instanceof PickleDict))
      throw new PickleFault('something else', 'a dictionary to fill')
    for (let place = 0; place < values.length; place += 2) {
      const [key, value] = [values[place], values[place + 1]]
      if (!isKey(key)) throw new PickleFault('a structure as a key', 'text or a number')
      if (value === undefined) throw new PickleFault('a key without a value', 'pairs')
      dict.entries.set(key, value)
    }
  }

  #recall(place: number): void {
    const value = this.#memo.get(place)
    if (value === undefined) {
      throw new PickleFault(`place ${place} of the memo, which is empty`, 'one that was filled')
    }
    this.#stack.push(value)
  }

  #pushGlobal([module, name]: readonly PickleValue[]): void {
    if (typeof module !== 'string' || typeof name !== 'string') {
      throw new PickleFault('a global without a name', 'two words')
    }
    this.#stack.push(this.#meanings.global(module, name))
  }

  #pushCall([callee, values]: readonly PickleValue[]): void {
    if (callee === undefined || !Array.isArray(values)) {
      throw new PickleFault('a call', 'a function and a tuple')
    }
    this.#stack.push(this.#meanings.call(callee, values))
  }

  /** Attributes of an ordered dictionary, such as a state's versions, are left out. */
  #build([target]: readonly PickleValue[]): void {
    if (!(target instanceof PickleDict)) {
      throw new PickleFault('attributes of something else', 'those of a dictionary')
    }
    this.#stack.push(target)
  }

  #requireProtocol(version: number): void {
    if (version >= 2 && version <= 5) return
    throw new PickleFault(`protocol ${version}`, '2 to 5')
  }
}
