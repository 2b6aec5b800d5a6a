import fs from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { compareVersions, nodeFault, oldestNode } from './node-version.mjs'
import { root } from './paths.mjs'

it('versions are compared by number, part by part', () => {
  const order = ['2.4.0', '2.9.1', '2.10.0', '2.13.0+cpu', '2.13.1', '3.0']
  for (let index = 1; index < order.length; index++)
    expect(compareVersions(order[index - 1], order[index])).toBeLessThan(0)
  expect(compareVersions('2.13', '2.13.0+cu130')).toBe(0)
})

it('a Node that is too old is told so, with what is needed', () => {
  expect(nodeFault('18.20.4')).toContain(
    'Node 18.20.4 is too old: Phenoprint needs 20.19.0 or newer',
  )
  expect(nodeFault('20.19.0')).toBeUndefined()
  expect(nodeFault()).toBeUndefined()
})

it('package.json asks for the same Node', () => {
  const { engines } = JSON.parse(fs.readFileSync(join(root, 'package.json'), 'utf8'))
  expect(compareVersions(engines.node.replace('>=', ''), oldestNode)).toBe(0)
})
