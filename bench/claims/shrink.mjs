import fs from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ResizeFilterType, Transformer } from '@napi-rs/image'
import { listFiles } from '../../scripts/setup/files.mjs'

/**
 * Writes a screen with its images at half their height and width (bilinear, each pixel the mean of about four), its
 * tables as they are: what is done where a network cannot take images as large as they come.
 */
const { values } = parseArgs({
  allowPositionals: true,
  options: {
    config: { type: 'string', short: 'y' },
    quiet: { type: 'boolean' },
    set: { type: 'string', multiple: true },
  },
})
const settings = Object.fromEntries(
  (values.set ?? []).map((one) => {
    const at = one.indexOf('=')
    return [one.slice(0, at), one.slice(at + 1)]
  }),
)
const from = JSON.parse(settings['screen.folder'])
const to = settings.output
for (const path of listFiles(from)) {
  const copy = join(to, path.slice(from.length))
  fs.mkdirSync(join(copy, '..'), { recursive: true })
  if (!path.endsWith('.png')) {
    fs.copyFileSync(path, copy)
    continue
  }
  const bytes = fs.readFileSync(path)
  const { width, height } = new Transformer(bytes).metadataSync()
  const half = new Transformer(bytes).resize(width / 2, height / 2, ResizeFilterType.Triangle)
  fs.writeFileSync(copy, half.pngSync())
}
