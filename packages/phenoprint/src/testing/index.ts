/**
 * Helpers of the tests, of the command line too, which reaches them by their path: they are no part
 * of what is published.
 */
export { folderOf, temporaryFolder } from './folder.js'
export { nodeOnSmallDisk, type Outcome } from './full-disk.js'
