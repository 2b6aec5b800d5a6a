import { fileURLToPath } from 'node:url'
import { writeFileAtomic } from '../run/files.js'
import { generatedFiles } from './generated-files.js'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
for (const [path, text] of generatedFiles()) writeFileAtomic(`${root}${path}`, text)
