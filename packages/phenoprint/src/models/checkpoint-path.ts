import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { CheckpointError } from '../errors.js'

/** Which of a run's checkpoints. */
export type CheckpointChoice = 'best' | 'last' | 'bestByCellType'

/** The file of a checkpoint in a folder that training wrote. */
export function checkpointFile(folder: string, name: string): string {
  return join(folder, 'checkpoints', `${name}.safetensors`)
}

/** Name of the checkpoint of a cell type's best epoch. */
export function bestOf(cellType: string): string {
  return `best-${pathSegment(cellType)}`
}

/** The folder in which fine-tuning keeps the network of a cell type. */
export function cellTypeFolder(run: string, cellType: string): string {
  return join(run, pathSegment(cellType))
}

/** A name as one part of a path: letters, digits, `-`, `_` and inner `.` stay, others become `%xx`. */
export function pathSegment(name: string): string {
  return encodeURIComponent(name).replace(/^\.+/, (dots) => '%2E'.repeat(dots.length))
}

/**
 * The file that holds a network of a run of train or fine-tune. A fine-tuned run has one for each
 * cell type, and of it each choice but `last` means the best epoch.
 *
 * @param cellType Needed for `bestByCellType` and for fine-tuned runs.
 * @throws {CheckpointError} when the run, or that checkpoint of it, is not there.
 */
export function findCheckpoint(run: string, choice: CheckpointChoice, cellType?: string): string {
  if (!existsSync(run)) {
    throw new CheckpointError(
      `checkpoint: there is no ${run}. Expected the run directory of train or fine-tune.`,
    )
  }
  const overall = existsSync(join(run, 'checkpoints'))
  if (cellType === undefined && (choice === 'bestByCellType' || !overall)) {
    throw new CheckpointError(
      overall
        ? `checkpoint: ${run}: bestByCellType needs a cell type. Choose best or last.`
        : `checkpoint: ${run} has no checkpoints for all cell types together${folders(run)}. Name a cell type, or choose a run of train.`,
    )
  }
  const folder = overall || cellType === undefined ? run : cellTypeFolder(run, cellType)
  const name =
    choice === 'last'
      ? 'last'
      : overall && choice === 'bestByCellType' && cellType !== undefined
        ? bestOf(cellType)
        : 'best'
  const path = checkpointFile(folder, name)
  if (existsSync(path)) return path
  throw new CheckpointError(`checkpoint: there is no ${path}.${others(folder)}`)
}

function folders(run: string): string {
  const names = readdirSync(run).filter((name) => existsSync(join(run, name, 'checkpoints')))
  return names.length === 0 ? '' : `; it has networks for ${names.join(', ')}`
}

function others(folder: string): string {
  const inside = join(folder, 'checkpoints')
  const names = existsSync(inside)
    ? readdirSync(inside)
        .filter((name) => /^(best.*|last)\.safetensors$/.test(name))
        .map((name) => name.slice(0, -'.safetensors'.length))
        .sort()
    : []
  if (names.length === 0) return ' Nothing has been saved there yet: train first.'
  const unvalidated = names.includes('best')
    ? ''
    : ' Without validation units there is no best epoch.'
  return ` There is: ${names.join(', ')}.${unvalidated}`
}
