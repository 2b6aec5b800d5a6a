import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Section } from '../config/config.js'
import { encodePng, isWholePng } from '../png.js'
import { diskFault } from '../run/disk-fault.js'
import { temporaryName } from '../run/files.js'
import { channelCount } from './channels.js'
import type { SimulatedWell } from './layout.js'
import type { SiteRenderer } from './render-site.js'

/** Path of an image below the screen's folder; `site` and `channel` from 1. */
export function imagePath(well: SimulatedWell, site: number, channel: number): string {
  const { part, experiment, plate } = well
  return join(part, experiment, `Plate${plate}`, `${well.well}_s${site}_w${channel}.png`)
}

/**
 * Renders those sites of a well whose images are not all there and whole.
 *
 * @returns How many sites were rendered.
 * @throws {MachineError} when the disk is full or cannot be written.
 */
export function writeWell(
  renderer: SiteRenderer,
  settings: Section<'simulation'>,
  well: SimulatedWell,
): number {
  const { size } = settings.image
  let rendered = 0
  for (let site = 1; site <= settings.layout.sites; site++) {
    const paths = Array.from({ length: channelCount }, (_, index) =>
      join(settings.folder, imagePath(well, site, index + 1)),
    )
    if (paths.every((path) => isWholePng(path, size, size, 1))) continue
    renderer.render(well, site).forEach((pixels, index) => {
      replaceFile(paths[index] ?? '', encodePng(pixels, size, size, 1))
    })
    rendered++
  }
  return rendered
}

/**
 * Writes aside and renames, without waiting for the disk: a kill leaves no half file, and what a
 * power cut empties is found not to be whole and rendered again.
 */
function replaceFile(path: string, bytes: Buffer): void {
  const part = temporaryName(path)
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(part, bytes)
    renameSync(part, path)
  } catch (cause) {
    rmSync(part, { force: true })
    throw diskFault(cause, path, bytes.byteLength)
  }
}
