import { configSchema } from '../config/config.js'
import { recorder } from '../store/small-screen.test.support.js'
import { train } from '../training/train.js'
import type { RankMessage } from './several-ranks.test.support.js'

// One of several processes that train one network: says how many images it has seen, and how it ended.
const tell = (message: RankMessage) => void process.send?.(message)
process.once('message', async (config: unknown) => {
  const told = recorder()
  const reporter = {
    ...told,
    progress: () => ({ advance: (seen: number) => tell({ seen }), done: () => {} }),
  }
  const { name, message } = await train(configSchema.parse(config), reporter).then(
    () => ({ name: '', message: '' }),
    (error: Error) => error,
  )
  tell({ end: { lines: told.lines, error: name === '' ? null : { name, message } } })
  process.disconnect()
})
