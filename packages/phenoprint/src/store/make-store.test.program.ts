import { makeStore } from './make-store.js'
import { recorder } from './small-screen.test.support.js'

// A process to be killed, or one of two: says that it is ready, makes the store that it is told of, and
// says how that ended.
process.once('message', ({ screen, order }) => {
  void makeStore(screen, order, recorder())
    .then(
      ({ status }) => process.send?.(status),
      (error: unknown) => process.send?.(String(error)),
    )
    .then(() => process.disconnect())
})
process.send?.('ready')
