import { createHash } from 'node:crypto'
import fs from 'node:fs'
import { join, relative } from 'node:path'
import { compileJobs, requireBuildTools } from './build-tools.mjs'
import { findCompiler, requireCompiler } from './compiler.mjs'
import { SetupFault } from './fault.mjs'
import { listFiles, writeWhole } from './files.mjs'
import { lastLines, run } from './run.mjs'
import { sayWhile } from './say.mjs'

/**
 * A Node addon that CMake builds.
 *
 * @typedef {object} NativePackage
 * @property {string} folder of the package: it holds CMakeLists.txt and native/.
 * @property {string} [build] the folder that the build goes into; build/ of the package unless given.
 * @property {string} addon the file that CMake leaves in its build folder.
 * @property {Record<string, string>} definitions CMake variables.
 * @property {Record<string, string>} facts what else the addon depends on; they are kept in current.json.
 *
 * What `build/current.json` says: the addon beside it that is in use, and what it was built from.
 * @typedef {{ addon: string, key: string, compiler: string } & Record<string, string>} Current
 */

/** Addons that are kept: a running process may still load the one before. */
const kept = 3

/**
 * Builds the addon when its sources, its facts or the compiler have changed.
 *
 * @param {NativePackage} native
 * @param {object} context
 * @param {string} context.cache
 * @param {boolean} context.systemPackages
 * @returns {Promise<string>} the path of the addon.
 * @throws {SetupFault} a missing tool, or code that does not compile.
 */
export async function buildNative(native, context) {
  const build = buildFolder(native)
  const built = await builtAddon(native)
  if (built !== undefined) return built

  const compiler = await requireCompiler(context)
  const tools = await requireBuildTools(context)
  const key = keyOf(native, compiler.version)
  const work = join(
    build,
    `work-${hash([compiler.version, tools.generator, JSON.stringify(native.definitions)])}`,
  )
  const jobs = compileJobs()
  await sayWhile(
    `compiling ${relative(process.cwd(), native.folder) || native.addon} (${jobs} at a time)`,
    () => compile(native, { work, compiler, tools, jobs }),
  )
  const addon = join(key, native.addon)
  fs.mkdirSync(join(build, key), { recursive: true })
  writeWhole(join(build, addon), fs.readFileSync(join(work, native.addon)))
  writeWhole(
    join(build, 'current.json'),
    `${JSON.stringify({ addon, key, compiler: compiler.version, ...native.facts }, null, 2)}\n`,
  )
  removeOld(build, key)
  return join(build, addon)
}

/**
 * The addon that is in use, when it was built from these sources and facts by the compiler of today.
 *
 * @param {NativePackage} native
 * @returns {Promise<string | undefined>} its path.
 */
export async function builtAddon(native) {
  const build = buildFolder(native)
  const current = readCurrent(build)
  // A compiler that was taken away later takes nothing from an addon that is built.
  const found = (await findCompiler())?.version ?? current?.compiler
  const fresh = current !== undefined && found !== undefined && current.key === keyOf(native, found)
  return fresh ? join(build, current.addon) : undefined
}

/** @param {NativePackage} native */
function buildFolder(native) {
  return native.build ?? join(native.folder, 'build')
}

/**
 * @param {string} build
 * @returns {Current | undefined} undefined when there is none, or its addon is gone.
 */
function readCurrent(build) {
  try {
    const current = JSON.parse(fs.readFileSync(join(build, 'current.json'), 'utf8'))
    return fs.existsSync(join(build, current.addon)) ? current : undefined
  } catch {
    return undefined
  }
}

/**
 * @param {NativePackage} native
 * @param {string} compilerVersion
 */
function keyOf(native, compilerVersion) {
  const { CXXFLAGS, LDFLAGS } = process.env
  const facts = [native.definitions, native.facts, compilerVersion, CXXFLAGS, LDFLAGS, process.arch]
  const sources = [
    join(native.folder, 'CMakeLists.txt'),
    ...listFiles(join(native.folder, 'native')),
  ]
  return hash([
    JSON.stringify(facts),
    ...sources.flatMap((path) => [relative(native.folder, path), fs.readFileSync(path)]),
  ])
}

/** @param {(string | Buffer)[]} parts */
function hash(parts) {
  const digest = createHash('sha256')
  for (const part of parts) digest.update(`${part.length}:`).update(part)
  return digest.digest('hex').slice(0, 16)
}

/**
 * @param {NativePackage} native
 * @param {{ work: string, compiler: import('./compiler.mjs').Compiler, tools: import('./build-tools.mjs').BuildTools, jobs: number }} how
 */
async function compile(native, { work, compiler, tools, jobs }) {
  // A build that was killed may have left half an object file, or a compiler that still writes one.
  const unfinished = `${work}.unfinished`
  if (fs.existsSync(unfinished)) fs.rmSync(work, { recursive: true, force: true, maxRetries: 5 })
  fs.mkdirSync(work, { recursive: true })
  fs.writeFileSync(unfinished, '')
  const definitions = {
    CMAKE_BUILD_TYPE: 'Release',
    CMAKE_CXX_COMPILER: compiler.path,
    CMAKE_MAKE_PROGRAM: tools.program,
    ...native.definitions,
  }
  const configure = Object.entries(definitions).map(([name, value]) => `-D${name}=${value}`)
  const steps = [
    ['-S', native.folder, '-B', work, '-G', tools.generator, ...configure],
    ['--build', work, '--parallel', String(jobs)],
  ]
  const log = join(work, 'log.txt')
  fs.rmSync(log, { force: true })
  for (const args of steps) {
    const { code, output } = await run(tools.cmake, args)
    fs.appendFileSync(log, output)
    if (code !== 0) throw compileFault(native, output, log, jobs)
  }
  fs.rmSync(unfinished)
}

/**
 * @param {NativePackage} native
 * @param {string} output
 * @param {string} log
 * @param {number} jobs
 */
function compileFault(native, output, log, jobs) {
  const what = `the native code of ${native.folder} did not compile; the whole log: ${log}`
  if (/No space left on device/.test(output)) {
    return new SetupFault(`no disk space to compile ${native.folder}`, {
      cures: ['free about 500 MiB there, then run this again'],
    })
  }
  if (/Killed signal|terminated signal 9|out of memory|virtual memory exhausted/i.test(output)) {
    const cures = [
      'close other programs, or give the container more memory: each compiler takes up to 2 GiB',
    ]
    return new SetupFault(
      `${what} (the system ended a compiler: too little memory, with ${jobs} at a time)`,
      { cures },
    )
  }
  const cures = [
    'another compiler: CXX=/path/to/c++ npm run setup',
    'another libtorch: PHENOPRINT_LIBTORCH=/path/to/libtorch npm run setup',
  ]
  return new SetupFault(what, { details: firstError(output), cures })
}

/**
 * The first error of a build, from where it begins: what ninja says failed is only the command, and
 * warnings may stand between the two.
 *
 * @param {string} output
 */
function firstError(output) {
  const lines = output.split('\n')
  for (const pattern of [/\berror:|undefined reference|CMake Error/, /FAILED:/]) {
    const error = lines.findIndex((line) => pattern.test(line))
    if (error < 0) continue
    const context = lines.slice(Math.max(0, error - 3), error)
    const from = context.findIndex((line) =>
      /In function|In instantiation|required from/.test(line),
    )
    return lines.slice(from < 0 ? error : error - context.length + from, error + 12).join('\n')
  }
  return lastLines(output)
}

/**
 * @param {string} build
 * @param {string} key of the addon in use.
 */
function removeOld(build, key) {
  const addons = fs
    .readdirSync(build)
    .filter((name) => /^[0-9a-f]{16}$/.test(name) && name !== key)
    .map((name) => ({ path: join(build, name), made: fs.statSync(join(build, name)).mtimeMs }))
    .sort((a, b) => b.made - a.made)
  for (const { path } of addons.slice(kept - 1)) fs.rmSync(path, { recursive: true, force: true })
}
