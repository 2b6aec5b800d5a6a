import { createHash } from 'node:crypto'
import fs from 'node:fs'
import { join } from 'node:path'
import { exitCodes, SetupFault } from './fault.mjs'
import { listFiles } from './files.mjs'

/**
 * Bundles the pages of `phenoprint serve` for the browser, from the compiled code, into
 * packages/pages/build. Nothing happens when they were made of the same files before.
 *
 * @param {string} root the repository.
 * @throws {SetupFault} exit code 1 when they cannot be bundled.
 */
export async function bundlePages(root) {
  const folder = join(root, 'packages/pages')
  const build = join(folder, 'build')
  const digest = digestOf(root)
  if (readIfThere(join(build, 'inputs.sha256')) === digest) return
  fs.rmSync(build, { recursive: true, force: true })
  fs.mkdirSync(build, { recursive: true })
  try {
    const script = await bundle(folder, build)
    const style = fs.readFileSync(join(folder, 'src/client/style.css'))
    const sheet = `style-${shortDigest(style)}.css`
    fs.writeFileSync(join(build, sheet), style)
    fs.writeFileSync(join(build, 'index.html'), page(script, sheet))
    fs.writeFileSync(join(build, 'inputs.sha256'), digest)
  } catch (cause) {
    const details = cause instanceof Error ? cause.message : String(cause)
    throw new SetupFault('the pages of phenoprint serve cannot be bundled', {
      details,
      exitCode: exitCodes.program,
    })
  }
}

/**
 * @param {string} folder of the package.
 * @param {string} build where it goes.
 * @returns {Promise<string>} the name of the script that the page loads.
 */
async function bundle(folder, build) {
  const { rolldown } = await import('rolldown')
  const client = join(folder, 'dist/client')
  const bundled = await rolldown({
    input: { main: join(client, 'main.js') },
    platform: 'browser',
    resolve: { alias: { linkedom: join(client, 'plots-document.js') } },
    transform: { define: { 'process.env.NODE_ENV': '"production"' } },
    logLevel: 'warn',
    // A package asks for Node's child processes, which no browser has and no page of ours needs.
    checks: { importIsUndefined: false },
  })
  try {
    const { output } = await bundled.write({
      dir: build,
      format: 'esm',
      minify: true,
      entryFileNames: '[name]-[hash].js',
      chunkFileNames: '[name]-[hash].js',
    })
    return output[0].fileName
  } finally {
    await bundled.close()
  }
}

/**
 * @param {string} script
 * @param {string} sheet
 */
function page(script, sheet) {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Phenoprint</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/assets/${sheet}">
</head>
<body>
<div id="application"></div>
<noscript>These pages need JavaScript.</noscript>
<script type="module" src="/assets/${script}"></script>
</body>
</html>
`
}

/**
 * A digest of all that goes into the bundle: the lock file stands for the packages in it.
 *
 * @param {string} root
 */
function digestOf(root) {
  const hash = createHash('sha256')
  const files = [
    ...listFiles(join(root, 'packages/pages/dist/client')),
    ...listFiles(join(root, 'packages/pages/dist/api')),
    ...listFiles(join(root, 'packages/phenoprint/dist/report/plots')),
    join(root, 'packages/pages/src/client/style.css'),
    join(root, 'package-lock.json'),
    join(root, 'scripts/setup/pages.mjs'),
  ]
  for (const path of files.filter((name) => /\.(js|css|json|mjs)$/.test(name)).sort()) {
    hash.update(path.slice(root.length)).update(fs.readFileSync(path))
  }
  return hash.digest('hex')
}

/** @param {Buffer} bytes */
function shortDigest(bytes) {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 8)
}

/** @param {string} path */
function readIfThere(path) {
  return fs.existsSync(path) ? fs.readFileSync(path, 'utf8') : undefined
}
