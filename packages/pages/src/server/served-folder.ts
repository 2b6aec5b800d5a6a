import { realpathSync, statSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { isAbsolute, join, relative, resolve, sep } from 'node:path'
import { UsageError } from '@phenoprint/phenoprint/basics'
import { nothingHere } from './request-fault.js'

/** The one folder whose files are served: no link leads out of it. */
export class ServedFolder {
  private constructor(
    /** Without links. */
    readonly root: string,
  ) {}

  /** @throws {UsageError} when it is no folder. */
  static open(folder: string): ServedFolder {
    const found = statSync(folder, { throwIfNoEntry: false })
    if (found?.isDirectory()) return new ServedFolder(realpathSync(folder))
    throw new UsageError(
      `serve: ${folder} is ${found === undefined ? 'missing' : 'no folder'}, expected a folder with runs and stores in it, such as the one in which phenoprint is run: phenoprint serve .`,
    )
  }

  /**
   * The real path of a file or folder.
   *
   * @param names From the served folder down, as {@link segmentsOf} gives them.
   * @throws {RequestFault} 404 when there is none, or a link leads out of the served folder.
   */
  async find(names: readonly string[]): Promise<string> {
    const path = await realpath(join(this.root, ...names)).catch(() => null)
    if (path === null || !this.#holds(path)) throw nothingHere()
    return path
  }

  /**
   * How a path of a configuration is addressed: from the served folder, with slashes. It may count
   * from the working directory or from the served folder; null where neither leads into the latter.
   */
  address(path: string): string | null {
    for (const base of [process.cwd(), this.root]) {
      const found = realIfThere(resolve(base, path))
      if (found !== null && this.#holds(found)) return this.addressOf(found)
    }
    return null
  }

  /** The same of a real path within. */
  addressOf(path: string): string {
    return relative(this.root, path).split(sep).join('/') || '.'
  }

  #holds(path: string): boolean {
    const way = relative(this.root, path)
    return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
  }
}

function realIfThere(path: string): string | null {
  try {
    return realpathSync(path)
  } catch {
    return null
  }
}
