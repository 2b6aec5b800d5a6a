import { bundlePages } from './setup/pages.mjs'
import { root } from './setup/paths.mjs'

// The last step of a set-up alone: after `npx tsc -b`, while the pages are worked on.
await bundlePages(root)
