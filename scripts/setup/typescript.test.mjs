import fs from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryFolder, write } from '../testing/temporary.mjs'
import { pruneCompiled } from './typescript.mjs'

it('compiled files go with their source, and an empty folder with them; other files stay', () => {
  const folder = temporaryFolder()
  write(join(folder, 'src/kept.ts'), '')
  write(join(folder, 'src/kept.test.ts'), '')
  for (const name of [
    'kept.js',
    'kept.js.map',
    'kept.d.ts',
    'kept.d.ts.map',
    'kept.test.js',
    '.tsbuildinfo',
    'page.css',
  ]) {
    write(join(folder, 'dist', name), '')
  }
  for (const name of [
    'gone.js',
    'gone.d.ts',
    'gone.test.js',
    'old/deep/gone.js',
    'old/deep/gone.d.ts.map',
  ]) {
    write(join(folder, 'dist', name), '')
  }
  expect(pruneCompiled(folder).sort()).toEqual([
    'gone.d.ts',
    'gone.js',
    'gone.test.js',
    'old/deep/gone.d.ts.map',
    'old/deep/gone.js',
  ])
  expect(fs.readdirSync(join(folder, 'dist')).sort()).toEqual([
    '.tsbuildinfo',
    'kept.d.ts',
    'kept.d.ts.map',
    'kept.js',
    'kept.js.map',
    'kept.test.js',
    'page.css',
  ])
  expect(pruneCompiled(folder)).toEqual([])
})

it('a package that was never compiled has nothing to prune', () => {
  expect(pruneCompiled(temporaryFolder())).toEqual([])
})
