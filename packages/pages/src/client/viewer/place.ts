/** Where the viewer looks: the pixel in its middle, and how many times a pixel is doubled. */
export interface Place {
  readonly x: number
  readonly y: number
  /** 0: a pixel of the image is one of the page; 1: two by two. */
  readonly zoom: number
}

/** Of the address: `256,128,0.5`. */
export function placeOf(text: string | undefined): Place | null {
  const [x, y, zoom, ...rest] = (text ?? '').split(',').map(Number)
  if (x === undefined || y === undefined || zoom === undefined || rest.length > 0) return null
  return [x, y, zoom].every(Number.isFinite) ? { x, y, zoom } : null
}

export function placeText({ x, y, zoom }: Place): string {
  return [x.toFixed(1), y.toFixed(1), zoom.toFixed(2)].map((part) => String(Number(part))).join(',')
}

/** All of a picture, with a little room around it. */
export function fitting(
  picture: { readonly width: number; readonly height: number },
  window: { readonly width: number; readonly height: number },
): Place {
  const scale = Math.min(window.width / picture.width, window.height / picture.height)
  return { x: picture.width / 2, y: picture.height / 2, zoom: Math.log2(0.98 * scale || 1) }
}

/** Where each of several fields of one size lies: side by side, four in a row. */
export function layOut(
  count: number,
  { width, height }: { readonly width: number; readonly height: number },
): {
  readonly corners: readonly (readonly [x: number, y: number])[]
  readonly width: number
  readonly height: number
} {
  const columns = Math.min(4, Math.max(1, count))
  const rows = Math.max(1, Math.ceil(count / columns))
  const gap = Math.ceil(width / 32)
  return {
    corners: Array.from({ length: count }, (_, i) => [
      (i % columns) * (width + gap),
      Math.floor(i / columns) * (height + gap),
    ]),
    width: columns * (width + gap) - gap,
    height: rows * (height + gap) - gap,
  }
}
