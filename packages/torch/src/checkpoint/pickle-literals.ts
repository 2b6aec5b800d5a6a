import type { ByteCursor } from './pickle-bytes.js'
import { PickleDict, PickleList, type PickleValue } from './pickle-values.js'

/** The value that an opcode stands for by itself; undefined for an opcode that works on others. */
export function literal(opcode: number, bytes: ByteCursor): PickleValue | undefined {
  switch (opcode) {
    case 0x4e: // NONE
      return null
    case 0x88: // NEWTRUE
      return true
    case 0x89: // NEWFALSE
      return false
    case 0x4a: // BININT
      return bytes.int32()
    case 0x4b: // BININT1
      return bytes.uint8()
    case 0x4d: // BININT2
      return bytes.uint16()
    case 0x8a: // LONG1
      return bytes.long(bytes.uint8())
    case 0x47: // BINFLOAT
      return bytes.float64()
    case 0x58: // BINUNICODE
      return bytes.text(bytes.uint32())
    case 0x8c: // SHORT_BINUNICODE
      return bytes.text(bytes.uint8())
    case 0x8d: // BINUNICODE8
      return bytes.text(bytes.uint64())
    case 0x42: // BINBYTES
      return bytes.take(bytes.uint32())
    case 0x43: // SHORT_BINBYTES
      return bytes.take(bytes.uint8())
    case 0x8e: // BINBYTES8
      return bytes.take(bytes.uint64())
    case 0x5d: // EMPTY_LIST
      return new PickleList()
    case 0x7d: // EMPTY_DICT
      return new PickleDict()
    case 0x29: // EMPTY_TUPLE
      return []
    default:
      return undefined
  }
}
