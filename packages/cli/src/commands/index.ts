import type { Command } from '../command.js'
import { assign } from './assign.js'
import { audit } from './audit.js'
import { choose } from './choose.js'
import { doctor } from './doctor.js'
import { embed } from './embed.js'
import { ensemble } from './ensemble.js'
import { evaluate } from './evaluate.js'
import { explain } from './explain.js'
import { exportStore } from './export.js'
import { fineTune } from './fine-tune.js'
import { infer } from './infer.js'
import { init } from './init.js'
import { preprocess } from './preprocess.js'
import { pseudoLabel } from './pseudo-label.js'
import { report } from './report.js'
import { run } from './run.js'
import { serve } from './serve.js'
import { simulate } from './simulate.js'
import { status } from './status.js'
import { submit } from './submit.js'
import { train } from './train.js'

/** Every command, in the order in which a person meets them. */
export const commands: readonly Command[] = [
  init,
  preprocess,
  audit,
  exportStore,
  train,
  fineTune,
  infer,
  ensemble,
  assign,
  submit,
  explain,
  evaluate,
  choose,
  embed,
  report,
  serve,
  pseudoLabel,
  run,
  status,
  simulate,
  doctor,
]
