import { aten, noGrad, randn, tidy, zeros } from '@phenoprint/torch'

/** Side of the square matrices that are multiplied. */
const side = 2048
/** Floats of the tensor that is copied: 256 MiB, past every cache. */
const copied = 64 * 2 ** 20
const rounds = 5

/**
 * What this machine's threads do at best, by libtorch's own routines.
 *
 * @param {'fp32' | 'bf16'} precision of the matrix products.
 * @returns {import('./bounds.mjs').Machine}
 */
export function machineRates(precision) {
  return noGrad(() => {
    const flops = 2 * side ** 3
    const dtype = precision === 'bf16' ? 'bfloat16' : 'float32'
    return {
      products:
        flops /
        fastest(
          () => randn([side, side]).to({ dtype }),
          (a) => aten.mm(a, a),
        ),
      taps:
        flops /
        fastest(
          () => randn([side, side]),
          (a) => aten.mm(a, a),
        ),
      bytes:
        (8 * copied) /
        fastest(
          () => [zeros([copied]), zeros([copied])],
          ([to, from]) => aten.copy_(to, from),
        ),
    }
  })
}

/**
 * @template T
 * @param {() => T} prepare
 * @param {(operand: T) => unknown} work
 * @returns {number} seconds of the fastest round after the first.
 */
function fastest(prepare, work) {
  return tidy(() => {
    const operand = prepare()
    work(operand)
    return Math.min(
      ...Array.from({ length: rounds }, () =>
        tidy(() => {
          const began = performance.now()
          work(operand)
          return (performance.now() - began) / 1000
        }),
      ),
    )
  })
}
