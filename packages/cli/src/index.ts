export type { Command, Request } from './command.js'
export { main, start } from './main.js'
