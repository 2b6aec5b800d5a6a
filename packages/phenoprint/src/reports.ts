/** Pages on finished runs: loaded when one is asked for, since plots take a while to load. */
export { report } from './report/report.js'
