import { makeStore } from './make-store.js'
import { recorder } from './small-screen.test.support.js'

// A process to be killed, or one of two: makes the store that it is told of, says when it begins and how
// it ended.
process.once('message', ({ screen, order }) => {
  process.send?.('begun')
  void makeStore(screen, order, recorder())
    .then(
      ({ status }) => process.send?.(status),
      (error: unknown) => process.send?.(String(error)),
    )
    .then(() => process.disconnect())
})
