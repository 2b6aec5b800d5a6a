import { configSchema } from '../config/config.js'
import { recorder } from '../store/small-screen.test.support.js'
import { fineTune } from './fine-tune.js'
import { train } from './train.js'

// A process to be killed: trains as it is told, and says how many images it has seen.
process.once('message', ({ verb, config }: { verb: 'train' | 'fine-tune'; config: unknown }) => {
  const reporter = {
    ...recorder(),
    progress: () => ({ advance: (count: number) => void process.send?.(count), done: () => {} }),
  }
  const run = verb === 'train' ? train : fineTune
  void run(configSchema.parse(config), reporter).then(() => process.disconnect())
})
