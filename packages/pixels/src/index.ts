export { type BlockGrid, blockGrid } from './block-means.js'
export { crc32c } from './crc32c.js'
export { cutTile } from './cut-tile.js'
export { PixelError } from './errors.js'
export { gaussianBlur } from './gaussian-blur.js'
export { decodeInto, decodePngFile, type Pixels, readHeader } from './image.js'
export type { ImageHeader } from './image-header.js'
export { mirroredRange } from './mirrored.js'
export { type PixelPath, pixelPath } from './native.js'
export { type PackedSite, type Packing, packSite, withCrc32c } from './pack-site.js'
export {
  type FloatTile,
  type ImageValues,
  type Normalisation,
  placeTile,
  type Tile,
} from './place-tile.js'
export {
  type ChannelStatistics,
  channelStatistics,
  histogramBins,
  statisticsOfCounts,
} from './statistics.js'
export {
  type OwnNormalisation,
  placeStoredTiles,
  placesStoredTiles,
  type StoredTile,
  type TilePlacement,
} from './stored-tile.js'
export { type SymmetryName, sourceSteps, swapsAxes, symmetryNames } from './symmetry.js'
export { type Moments, tileMoments } from './tile-moments.js'
export { filledPlane, putPlane } from './tile-plane.js'
export { type ImageRegion, type Interpolation, type PixelMap, warp } from './warp.js'
export { compress, decompress } from './zstd.js'
