/** Eigenvalues in descending order, and their vectors as rows. */
export interface Eigen {
  /** `[size]` */
  readonly values: Float64Array
  /** `[size, size]`, a vector of length 1 a row. */
  readonly vectors: Float64Array
}

const mostSweeps = 60

/**
 * Eigenvalues and eigenvectors of a small symmetric matrix, by cyclic Jacobi rotations.
 *
 * @param of `[size, size]`, row by row; sizes up to a few dozen.
 * @see Golub & Van Loan 2013, Matrix Computations, 4th edition, section 8.5.
 */
export function symmetricEigen(of: Float64Array, size: number): Eigen {
  const a = of.slice()
  const v = new Float64Array(size * size)
  for (let i = 0; i < size; i++) v[i * size + i] = 1
  const total = a.reduce((sum, value) => sum + value * value, 0)
  for (let sweep = 0; sweep < mostSweeps && offDiagonal(a, size) > 1e-32 * total; sweep++) {
    for (let p = 0; p < size; p++) {
      for (let q = p + 1; q < size; q++) rotate(a, v, size, p, q)
    }
  }
  const order = Array.from({ length: size }, (_, i) => i).sort(
    (i, j) => (a[j * size + j] ?? 0) - (a[i * size + i] ?? 0),
  )
  const vectors = new Float64Array(size * size)
  order.forEach((from, to) => {
    vectors.set(v.subarray(from * size, (from + 1) * size), to * size)
  })
  return { values: Float64Array.from(order, (i) => a[i * size + i] ?? 0), vectors }
}

function offDiagonal(a: Float64Array, size: number): number {
  let sum = 0
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < i; j++) sum += (a[i * size + j] ?? 0) ** 2
  }
  return sum
}

/** Makes the element (p, q) zero, and turns the vectors along. */
function rotate(a: Float64Array, v: Float64Array, size: number, p: number, q: number): void {
  const at = (i: number, j: number) => a[i * size + j] ?? 0
  if (at(p, q) === 0) return
  const theta = (at(q, q) - at(p, p)) / (2 * at(p, q))
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1))
  const c = 1 / Math.sqrt(t * t + 1)
  const s = t * c
  for (let k = 0; k < size; k++) {
    const [kp, kq] = [at(k, p), at(k, q)]
    a[k * size + p] = c * kp - s * kq
    a[k * size + q] = s * kp + c * kq
  }
  turnRows(a, size, p, q, c, s)
  turnRows(v, size, p, q, c, s)
}

function turnRows(
  of: Float64Array,
  size: number,
  p: number,
  q: number,
  c: number,
  s: number,
): void {
  for (let k = 0; k < size; k++) {
    const [pk, qk] = [of[p * size + k] ?? 0, of[q * size + k] ?? 0]
    of[p * size + k] = c * pk - s * qk
    of[q * size + k] = s * pk + c * qk
  }
}
