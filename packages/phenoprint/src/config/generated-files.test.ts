import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { fileSchema } from './file-schema.js'
import { generatedFiles } from './generated-files.js'
import { loadConfig } from './load.js'
import { configReference } from './reference.js'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const fits = new Ajv2020({ allErrors: true, strict: false }).compile(fileSchema())

describe('the generated files', () => {
  it.each(generatedFiles())(
    '%s is what the schema says (else: node scripts/write-reference.mjs)',
    (path, text) => {
      expect(readFileSync(`${root}${path}`, 'utf8')).toBe(text)
    },
  )
})

describe('the reference', () => {
  it('says of every key what it is', () => {
    const rows = configReference()
      .split('\n')
      .filter((line) => line.startsWith('| `'))
    expect(rows.length).toBeGreaterThan(100)
    expect(rows.filter((row) => /\|\s*\|$/.test(row))).toEqual([])
  })
})

describe('the JSON Schema, as another library reads it', () => {
  it.each([
    ['an unknown key', { ealryStopping: {} }],
    ['an unknown key deeper down', { training: { optimiser: { rate: 1 } } }],
    ['a wrong type', { training: { epochs: 'many' } }],
    ['a number out of range', { model: { dropout: 2 } }],
    ['an unknown reader', { screen: { reader: 'x' } }],
    ['a member without its run', { ensemble: { members: { default: [{ weight: 2 }] } } }],
  ])('refuses %s', (_, value) => {
    expect(fits(value)).toBe(false)
  })

  it('accepts a part of a section, for the rest may be inherited, and null', () => {
    expect(fits({ screen: { folder: 'x' }, training: { earlyStopping: null } })).toBe(true)
  })
})

const configs = readdirSync(`${root}configs`, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.yml'))
  .map((name) => `configs/${name}`)
  .sort()

describe('the configurations that come with the project', () => {
  it('are there', () => {
    expect(configs.length).toBeGreaterThan(20)
  })

  it.each(configs)('%s is valid, for the command and for editors', (path) => {
    expect(() => loadConfig(`${root}${path}`)).not.toThrow()
    fits(parse(readFileSync(`${root}${path}`, 'utf8')))
    expect(fits.errors ?? []).toEqual([])
  })
})
