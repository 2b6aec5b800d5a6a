import fs from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { exitCodes, SetupFault } from './fault.mjs'
import { listFiles } from './files.mjs'
import { firstLines, run } from './run.mjs'

/**
 * Compiles every package, and removes what is left of sources that are gone.
 *
 * @param {string} root the repository.
 * @throws {SetupFault} exit code 1 when the code does not compile.
 */
export async function compileTypeScript(root) {
  for (const name of fs.readdirSync(join(root, 'packages')))
    pruneCompiled(join(root, 'packages', name))
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  const { code, output } = await run(process.execPath, [compiler, '-b'], { cwd: root })
  if (code === 0) return
  throw new SetupFault('the TypeScript code does not compile', {
    details: firstLines(output, 40),
    exitCode: exitCodes.program,
  })
}

/**
 * Removes compiled files without a source: a test or a module that was deleted must not run on.
 *
 * @param {string} folder of a package, with src/ and dist/.
 * @returns {string[]} what was removed, relative to dist/.
 */
export function pruneCompiled(folder) {
  const dist = join(folder, 'dist')
  const removed = []
  for (const path of listFiles(dist)) {
    const name = relative(dist, path)
    const source = name.replace(/(\.d)?\.([cm]?)[jt]s(\.map)?$/, '.$2ts')
    const sources = [source, source.replace(/\.ts$/, '.tsx')]
    if (source === name || sources.some((path) => fs.existsSync(join(folder, 'src', path))))
      continue
    fs.rmSync(path)
    removed.push(name)
    removeEmpty(dirname(path), dist)
  }
  return removed
}

/**
 * @param {string} folder
 * @param {string} top is kept.
 */
function removeEmpty(folder, top) {
  if (folder === top || fs.readdirSync(folder).length > 0) return
  fs.rmdirSync(folder)
  removeEmpty(dirname(folder), top)
}
