import type { RandomStream } from '../random.js'
import type { Augmentation, AugmentationSettings, Rotation, ZoomCrop } from './augmentation.js'

/**
 * Draws what is done to a view. Each kind has a stream of its own, so that switching one on or off
 * changes nothing about the others.
 *
 * @param streamOf The random numbers of a kind, for this view.
 * @returns Null where nothing is done.
 */
export function drawAugmentation(
  { section, channels, image, tile }: AugmentationSettings,
  streamOf: (kind: string) => RandomStream,
): Augmentation | null {
  const { gain, offset } = section
  const drawn: Augmentation = {
    window: section.tile === 'random' ? drawWindow(image, tile, streamOf('window')) : null,
    zoomCrop: drawZoomCrop(section.zoomCrop, streamOf('zoom crop')),
    rotation: drawRotation(section.rotation, streamOf('rotation')),
    interpolation: section.interpolation,
    sigma: drawSigma(section.blur, streamOf('blur')),
    gain: gain > 0 ? drawNormals(channels, 1, gain, streamOf('gain')) : null,
    offset: offset > 0 ? drawNormals(channels, 0, offset, streamOf('offset')) : null,
  }
  const { window, zoomCrop, rotation, sigma } = drawn
  const plain = window === null && zoomCrop === null && rotation === null && sigma === 0
  return plain && drawn.gain === null && drawn.offset === null ? null : drawn
}

type Section = AugmentationSettings['section']

function drawWindow(
  image: AugmentationSettings['image'],
  tile: AugmentationSettings['tile'],
  stream: RandomStream,
): Augmentation['window'] {
  return {
    top: stream.integer(image.height - tile.height + 1),
    left: stream.integer(image.width - tile.width + 1),
  }
}

function drawZoomCrop(section: Section['zoomCrop'], stream: RandomStream): ZoomCrop | null {
  if (section === undefined || stream.uniform() >= section.probability) return null
  const side = between(section.side, stream)
  return { side, top: stream.uniform(), left: stream.uniform() }
}

function drawRotation(section: Section['rotation'], stream: RandomStream): Rotation | null {
  if (section === undefined || stream.uniform() >= section.probability) return null
  const { degrees, zoom, shift } = section
  return {
    degrees: between([-degrees, degrees], stream),
    zoom: between(zoom, stream),
    shiftY: between([-shift, shift], stream),
    shiftX: between([-shift, shift], stream),
  }
}

function drawSigma(section: Section['blur'], stream: RandomStream): number {
  if (section === undefined || stream.uniform() >= section.probability) return 0
  return between(section.sigma, stream)
}

function drawNormals(count: number, mean: number, spread: number, stream: RandomStream): number[] {
  return Array.from({ length: count }, () => mean + spread * stream.normal())
}

function between([from, to]: readonly [number, number], stream: RandomStream): number {
  return from + (to - from) * stream.uniform()
}
