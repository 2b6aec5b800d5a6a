/** What a file says of its pixels before any is decoded. */
export interface ImageHeader {
  readonly width: number
  readonly height: number
  /**
   * Values a pixel: 1 grey, 2 grey and alpha, 3 RGB (or a PNG's palette), 4 RGBA. In a TIFF any
   * number: the samples of its first page, of its second, and so on.
   */
  readonly samples: number
  readonly bitDepth: 8 | 16
  /** Whether the last sample says how opaque the others are. */
  readonly alpha: boolean
}
