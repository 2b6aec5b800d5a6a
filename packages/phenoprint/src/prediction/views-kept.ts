import type { Section } from '../config/config.js'
import { bytesInWords } from '../words.js'

/** How the logits of single views are kept. */
export interface ViewsKept {
  readonly precision: 'float32' | 'float16' | 'none'
  /** Size of the logits on the disk. */
  readonly bytes: number
}

/** `auto` keeps single precision below this. */
const singlePrecisionBytes = 1e9

/** @param rows Views of all splits together. */
export function viewsKept(
  setting: Section<'prediction'>['views'],
  rows: number,
  classes: number,
): ViewsKept {
  const single = rows * classes * 4
  if (setting === 'none') return { precision: 'none', bytes: 0 }
  const half = setting === 'float16' || (setting === 'auto' && single >= singlePrecisionBytes)
  return half
    ? { precision: 'float16', bytes: single / 2 }
    : { precision: 'float32', bytes: single }
}

/** The choice, for people. */
export function describeViews(
  { precision, bytes }: ViewsKept,
  rows: number,
  classes: number,
): string {
  const what = `${rows.toLocaleString('en')} views of ${classes.toLocaleString('en')} classes`
  if (precision === 'none') {
    return `${what}: the logits of views are not kept (prediction.views: none), so averages cannot be redone without the model`
  }
  return `${what}: ${bytesInWords(bytes)} of logits will be kept as ${precision}`
}
