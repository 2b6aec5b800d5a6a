import './methods.generated.js'

export * as aten from './aten.generated.js'
export {
  arange,
  empty,
  emptyLike,
  eye,
  full,
  fullLike,
  linspace,
  ones,
  onesLike,
  rand,
  randint,
  randLike,
  randn,
  randnLike,
  randperm,
  zeros,
  zerosLike,
} from './aten.generated.js'
export { type AnyOperator, type Overloads, ops } from './every.js'
export { operator } from './operator.js'
