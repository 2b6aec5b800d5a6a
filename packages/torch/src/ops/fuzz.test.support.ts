import { writeSync } from 'node:fs'
import { argv } from 'node:process'
import { inspect } from 'node:util'
import {
  engine,
  gradients,
  isTensor,
  type Schema,
  setThreads,
  type Tensor,
  TorchError,
  tidy,
} from '../index.js'
import { shiftRegister } from '../testing/random.test.support.js'
import { operator } from './operator.js'
import { RandomArguments } from './random-arguments.test.support.js'

// A program: `SEED ROUNDS [NAMES…]` calls the named operators (all without) with random arguments, and
// writes before each call which it is, so that the last line names the one that ended the process.

const [seed = 1, rounds = 1] = argv.slice(2, 4).map(Number)
const wanted = new Set(argv.slice(4))
const random = new RandomArguments(shiftRegister(seed))
const fullName = ({ name, overload }: Schema) => (overload === '' ? name : `${name}.${overload}`)

/** A call, and back through its gradients; how it ended. */
function attempt(schema: Schema): 'done' | 'refused' {
  const call = operator<(...values: unknown[]) => unknown>(schema.name, schema.overload)
  try {
    tidy(() => {
      const values = schema.parameters.map((each) =>
        random.happens(0.02) ? random.nonsense() : random.value(each),
      )
      writeSync(1, `${fullName(schema)}(${values.map(inWords).join(', ')})\n`)
      const leaves = differentiable(values)
      const results = [call(...values)].flat()
      const sums = differentiable(results).map((result) => result.sum())
      if (leaves.length > 0 && sums.length > 0) gradients(sums, leaves, { allowUnused: true })
      for (const result of results) if (isTensor(result)) inWords(result.toNumbers())
    })
    return 'done'
  } catch (error) {
    if (error instanceof TorchError) return 'refused'
    throw error
  }
}

function differentiable(values: readonly unknown[]): Tensor[] {
  return values.filter(isTensor).filter(({ requiresGrad }) => requiresGrad)
}

function inWords(value: unknown): string {
  if (isTensor(value)) {
    const { device, dtype, shape, strides } = value
    return `${dtype}[${shape}]/[${strides}]${value.requiresGrad ? ' requires grad' : ''}${device === 'cpu' ? '' : ` ${device}`}`
  }
  return Array.isArray(value) ? `[${value.map(inWords).join(', ')}]` : inspect(value)
}

setThreads(1)
const counts = { done: 0, refused: 0 }
const schemas = engine
  .schemas()
  .filter((schema) => wanted.size === 0 || wanted.has(fullName(schema)))
for (let round = 0; round < rounds; round++) {
  for (const schema of schemas) {
    counts[attempt(schema)]++
  }
}
writeSync(1, `${JSON.stringify(counts)}\n`)
