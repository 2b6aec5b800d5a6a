import { makeStore } from './make-store.js'
import { recorder } from './small-screen.test.support.js'

// A process to be killed: makes the store that it is told of, and says when it begins.
process.once('message', ({ screen, order }) => {
  process.send?.('begun')
  void makeStore(screen, order, recorder()).then(() => process.disconnect())
})
