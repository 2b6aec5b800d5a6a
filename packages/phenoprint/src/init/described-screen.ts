import type { z } from 'zod'
import type { screen } from '../config/sections.js'
import type { Column } from './label-columns.js'

/** The `screen` section as a file gives it, defaults left out. */
export type ScreenInput = z.input<typeof screen>
export type TableInput = Extract<ScreenInput, { reader: 'table' }>

/** A table to be written beside the configurations. */
export interface MadeTable {
  readonly header: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** A screen as its folder tells it: everything but the label. */
export interface DescribedScreen {
  /** How its images are named, for people. */
  readonly naming: string
  /** A CSV of the folder, by its path there, or one to be written. */
  readonly table: string | MadeTable
  /** All columns of that table. */
  readonly values: readonly Column[]
  /** Path pattern of the images. */
  readonly images: string
  readonly channels: TableInput['channels']
  /** Whether a file holds all channels: then `channels` are those of one, until a file is looked at. */
  readonly oneFile: boolean
  /** An image that is there, below the folder. */
  readonly example: string
  readonly columns: TableInput['columns']
  /** What is said of the folder beside this. */
  readonly notes: readonly string[]
}
