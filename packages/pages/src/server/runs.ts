import { existsSync, readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { loadConfig, readCalls } from '@phenoprint/phenoprint/serving'
import type { Calls, Run } from '../api/run.js'
import { listedRun } from './discover.js'
import { nothingHere } from './request-fault.js'
import { segmentsOfPath } from './segments.js'
import type { ServedFolder } from './served-folder.js'

const predictionFile = /^([^.]+)\.parquet$/

/**
 * What is known of a run, finished or not.
 *
 * @throws {RequestFault} 404 when there is none.
 */
export async function describeRun(folder: ServedFolder, address: string): Promise<Run> {
  const path = await folder.find(segmentsOfPath(address))
  const run = listedRun(folder, path)
  if (run === null) throw nothingHere()
  const names = await readdir(join(path, 'predictions')).catch(() => [])
  const pictures = await readdir(join(path, 'pictures')).catch(() => [])
  return {
    ...run,
    store: storeOf(folder, path),
    config: textOf(join(path, 'config.yml')),
    calls: existsSync(join(path, 'calls.csv')),
    report: existsSync(join(path, 'report.html')),
    splits: names.flatMap((name) => predictionFile.exec(name)?.[1] ?? []).sort(),
    pictures: pictures
      .filter((name) => /^[^.].*\.png$/.test(name))
      .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
      .map((name) => `${run.path}/pictures/${name}`),
    metrics: jsonOf(join(path, 'metrics.json')),
    provenance: jsonOf(join(path, 'provenance.json')),
  }
}

/**
 * Wells as a run called them, in columns: a full screen has 60,000.
 *
 * @throws {RequestFault} 404 without a run, or without calls.
 * @throws {EarlierRunError} when the table is broken.
 */
export async function callsOf(folder: ServedFolder, address: string): Promise<Calls> {
  const path = await folder.find([...segmentsOfPath(address), 'calls.csv'])
  const wells = readCalls(path)
  return {
    split: wells.map(({ split }) => split),
    experiment: wells.map(({ experiment }) => experiment),
    plate: wells.map(({ plate }) => plate),
    well: wells.map(({ well }) => well),
    cellType: wells.map(({ cellType }) => cellType),
    unit: wells.map(({ unit }) => unit),
    call: wells.map(({ call }) => call),
    label: wells.map(({ label }) => label),
    outcome: wells.map(({ outcome }) => outcome),
    probability: wells.map(({ probability }) => probability),
  }
}

/** The store of a run; null where it lies elsewhere, or another version wrote the configuration. */
function storeOf(folder: ServedFolder, path: string): string | null {
  try {
    const store = loadConfig(join(path, 'config.yml')).store?.path
    return store === undefined ? null : folder.address(store)
  } catch {
    return null
  }
}

function textOf(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}

/** What a file of JSON holds; null while it is not there. It appears whole or not at all. */
function jsonOf(path: string): unknown {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : null
}
