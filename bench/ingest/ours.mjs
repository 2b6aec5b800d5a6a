import fs from 'node:fs'
import { createInterface } from 'node:readline'
import { loadConfig, preprocess, silentReporter } from '@phenoprint/phenoprint'

/**
 * Answers each line, `CODEC`, with the seconds that preprocess took from the images to the finished
 * store: checksums, statistics, digests and all.
 */

const [file = '', path = '', ...set] = process.argv.slice(2)

for await (const codec of createInterface({ input: process.stdin })) {
  fs.rmSync(path, { recursive: true, force: true })
  const config = loadConfig(file, { set: [...set, `store.path=${path}`, `store.codec=${codec}`] })
  const began = performance.now()
  await preprocess(config, silentReporter)
  console.log(JSON.stringify([(performance.now() - began) / 1000]))
}
