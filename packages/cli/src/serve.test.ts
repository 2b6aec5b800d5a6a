import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { folderOf } from '../../phenoprint/dist/testing/index.js'
import { main } from './main.js'
import { Kept } from './testing/streams.js'

it('serve says where it listens, answers, and ends well when it is told to', async () => {
  const folder = folderOf({ 'stores/readme.txt': 'nothing here' })
  const program = fileURLToPath(new URL('../bin/phenoprint.js', import.meta.url))
  const child = spawn(process.execPath, [program, 'serve', folder, '--port', '0', '--json'])
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const { value: first = '' } = await lines.next()
  const [, address = ''] = /"type":"listening","address":"([^"]+)"/.exec(String(first)) ?? []
  expect(new URL(address).hostname).toBe('127.0.0.1')
  const contents: unknown = await (await fetch(new URL('api/contents', address))).json()
  expect(contents).toMatchObject({ runs: [], stores: [] })
  child.kill('SIGINT')
  const [code] = await once(child, 'close')
  expect(code).toBe(0)
})

it.each([
  [['nowhere'], 'is missing'],
  [['file'], 'is no folder'],
  [['.', '--port', 'http'], '--port http is no port'],
  [['.', '--port', '70000'], '--port 70000 is no port'],
  [['.', '--prot', '1'], 'Did you mean --port?'],
  [['.', 'another'], 'cannot use "another"'],
  [[], 'no DIR'],
])('serve %j is refused', async ([folder = '', ...words], message) => {
  const streams = { stdout: new Kept(), stderr: new Kept() }
  const path = join(folderOf({}), folder)
  if (folder === 'file') writeFileSync(path, '')
  const operands = folder === '' ? [] : [path]
  expect(await main(['serve', ...operands, ...words], streams)).toBe(2)
  expect(streams.stderr.text).toContain(message)
})
