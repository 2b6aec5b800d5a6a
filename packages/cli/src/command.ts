import type { Reporter, VerbResult } from '@phenoprint/phenoprint/basics'
import type { Option } from './options.js'

/** What a person typed after the verb. */
export interface Request {
  /** The YAML file of `-y`; null where none was given. */
  readonly file: string | null
  readonly set: readonly string[]
  /** Words that are no option, such as folders. */
  readonly operands: readonly string[]
  /** The verb's own options, by name: their values, or true. */
  readonly own: ReadonlyMap<string, string | true>
}

/** One verb of the command line: its words for `--help`, and what it does. */
export interface Command {
  readonly name: string
  /** Other names that it answers to. */
  readonly aliases: readonly string[]
  /** In the overview; starts with a verb, no full stop. */
  readonly summary: string
  /** What it reads and writes, for its own `--help`. */
  readonly details: string
  readonly takesFile: boolean
  /** What words it takes beside options, as help names them: `RUN`; null where none. */
  readonly operands: string | null
  /** Whether it takes one such word; otherwise one or more. */
  readonly single?: boolean
  /** Options of its own. */
  readonly options?: readonly Option[]
  readonly examples: readonly string[]
  /** Says its figures to people itself; they are shown at the end only where that was not heard. */
  run(request: Request, reporter: Reporter): Promise<VerbResult>
}
