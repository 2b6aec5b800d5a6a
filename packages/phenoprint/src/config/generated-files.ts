import { fileSchema } from './file-schema.js'
import { configReference } from './reference.js'

/** The files that follow from the schema, by their path in the repository. */
export function generatedFiles(): [path: string, text: string][] {
  return [
    ['schemas/phenoprint.schema.json', `${JSON.stringify(fileSchema(), null, 2)}\n`],
    ['docs/config.md', configReference()],
  ]
}
