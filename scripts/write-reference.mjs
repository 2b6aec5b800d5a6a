import fs from 'node:fs'
import { join } from 'node:path'
import { generatedFiles } from '../packages/phenoprint/dist/config/generated-files.js'
import { root } from './setup/paths.mjs'

/**
 * Writes docs/config.md and the JSON Schema of configuration files again, after the schema in
 * packages/phenoprint/src/config was changed and compiled.
 */
for (const [path, text] of generatedFiles()) fs.writeFileSync(join(root, path), text)
