/** Helpers of the tests, of other packages too; not part of what is published. */
export { folderOf, temporaryFolder } from './folder.js'
export { nodeOnSmallDisk, type Outcome } from './full-disk.js'
