export { type ListenOptions, PageServer } from './page-server.js'
export { type ServeRequest, serve } from './serve.js'
