import { type Matrix, matrix } from './matrix.js'

/** A linear classifier: `logits = features * weights + bias`. */
export interface LinearClassifier {
  /** `[feature, class]` */
  readonly weights: Float64Array
  /** `[class]` */
  readonly bias: Float64Array
  readonly features: number
  readonly classes: number
}

/**
 * Multinomial logistic regression with an L2 penalty on the weights, by accelerated gradient descent
 * on all samples at once. The loss is convex, so the result does not depend on a seed.
 *
 * @param features `[sample, feature]`, of about unit variance.
 * @param labels `[sample]`, 0..classes-1.
 * @param penalty L2 penalty per weight, relative to the mean loss.
 * @see Nesterov 1983, "A method for solving the convex programming problem with convergence rate O(1/k^2)".
 */
export function fitSoftmaxRegression(
  features: Matrix,
  labels: Int32Array,
  classes: number,
  penalty = 1e-3,
  iterations = 400,
): LinearClassifier {
  const width = features.columns + 1
  const weights = new Float64Array(width * classes)
  const ahead = new Float64Array(width * classes)
  const step = 1 / (0.5 * meanSquaredNorm(features) + penalty)
  let momentum = 1
  for (let iteration = 0; iteration < iterations; iteration++) {
    const gradient = meanGradient(features, labels, classes, ahead)
    const next = (1 + Math.sqrt(1 + 4 * momentum * momentum)) / 2
    for (let i = 0; i < weights.length; i++) {
      const shrunk = i < features.columns * classes ? penalty * (ahead[i] ?? 0) : 0
      const moved = (ahead[i] ?? 0) - step * ((gradient[i] ?? 0) + shrunk)
      ahead[i] = moved + ((momentum - 1) / next) * (moved - (weights[i] ?? 0))
      weights[i] = moved
    }
    momentum = next
  }
  return {
    weights: weights.slice(0, features.columns * classes),
    bias: weights.slice(features.columns * classes),
    features: features.columns,
    classes,
  }
}

/** Logits of a linear classifier, `[sample, class]`. */
export function linearLogits(classifier: LinearClassifier, features: Matrix): Matrix {
  const { classes } = classifier
  const logits = new Float64Array(features.rows * classes)
  for (let sample = 0; sample < features.rows; sample++) {
    const to = logits.subarray(sample * classes, (sample + 1) * classes)
    to.set(classifier.bias)
    for (let feature = 0; feature < features.columns; feature++) {
      const value = features.data[sample * features.columns + feature] ?? 0
      for (let c = 0; c < classes; c++) {
        to[c] = (to[c] ?? 0) + value * (classifier.weights[feature * classes + c] ?? 0)
      }
    }
  }
  return matrix(logits, features.rows, classes)
}

/** Upper bound of the loss' curvature per unit of softmax: the mean of |x|^2, bias included. */
function meanSquaredNorm(features: Matrix): number {
  let sum = 0
  for (const value of features.data) sum += value * value
  return 1 + sum / Math.max(1, features.rows)
}

/** Gradient of the mean cross entropy at `weights` (`[feature..., bias] x class`). */
function meanGradient(
  features: Matrix,
  labels: Int32Array,
  classes: number,
  weights: Float64Array,
): Float64Array {
  const split = features.columns * classes
  const error = linearLogits(
    {
      weights: weights.subarray(0, split),
      bias: weights.subarray(split),
      features: features.columns,
      classes,
    },
    features,
  ).data
  const gradient = new Float64Array(weights.length)
  for (let sample = 0; sample < features.rows; sample++) {
    const row = error.subarray(sample * classes, (sample + 1) * classes)
    softmaxInPlace(row)
    const label = labels[sample] ?? 0
    row[label] = (row[label] ?? 0) - 1
    for (let c = 0; c < classes; c++) {
      const share = (row[c] ?? 0) / features.rows
      gradient[split + c] = (gradient[split + c] ?? 0) + share
      for (let feature = 0; feature < features.columns; feature++) {
        const at = feature * classes + c
        gradient[at] =
          (gradient[at] ?? 0) + share * (features.data[sample * features.columns + feature] ?? 0)
      }
    }
  }
  return gradient
}

function softmaxInPlace(row: Float32Array | Float64Array): void {
  let top = Number.NEGATIVE_INFINITY
  for (const value of row) top = Math.max(top, value)
  let sum = 0
  for (let i = 0; i < row.length; i++) {
    const power = Math.exp((row[i] ?? 0) - top)
    row[i] = power
    sum += power
  }
  for (let i = 0; i < row.length; i++) row[i] = (row[i] ?? 0) / sum
}
