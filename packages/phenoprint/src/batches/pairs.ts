/**
 * Two lots of images as one, channel behind channel: `[image, y, x, channel]` twice to
 * `[image, y, x, 2 * channel]`.
 */
export function besideEachOther(
  first: Float32Array,
  second: Float32Array,
  channels: number,
): Float32Array {
  const both = new Float32Array(2 * first.length)
  for (let from = 0, to = 0; from < first.length; from += channels) {
    for (let c = 0; c < channels; c++) both[to++] = first[from + c] ?? 0
    for (let c = 0; c < channels; c++) both[to++] = second[from + c] ?? 0
  }
  return both
}
