#!/usr/bin/env node
import { existsSync } from 'node:fs'

const main = new URL('../dist/index.js', import.meta.url)
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`phenoprint: needs Node 20.19 or newer, and this is ${process.versions.node}.`)
  process.exit(4)
}
if (!existsSync(main)) {
  console.error('phenoprint: not built yet. Build it with: npm run build')
  process.exit(4)
}
const { start } = await import(main.href)
await start()
