import { type PixelPath, pixelPath } from '@phenoprint/pixels'
import { type Check, missing, ok } from './check.js'

/** Which path reads pixels: both give the same ones, the native path sooner. */
export function pixelsCheck({ path, why, fault }: PixelPath = pixelPath): Check {
  if (path === 'native') return ok('pixels', `native path, ${why}`)
  const found = `portable path, slower: ${why}`
  if (fault) return missing('pixels', found, 'npm run setup builds the native one, or says why not')
  return missing(
    'pixels',
    found,
    'optional: npm run setup -- --system-packages installs what the native one needs, and builds it',
  )
}
