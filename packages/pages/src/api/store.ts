import { z } from 'zod'

export const roles = ['treatment', 'negativeControl', 'positiveControl'] as const

export const channelSchema = z.object({
  name: z.string(),
  /** `RRGGBB`; null where the screen names none. */
  color: z.string().nullable(),
})
export type Channel = z.output<typeof channelSchema>

export const plateSchema = z.object({
  /** `<experiment>/<plate>` */
  id: z.string(),
  experiment: z.string(),
  cellType: z.string(),
  plate: z.string(),
  units: z.int(),
  sites: z.int(),
})
export type Plate = z.output<typeof plateSchema>

/** `GET /api/store?path=…`: a store, without its wells. */
export const storeSchema = z.object({
  path: z.string(),
  name: z.string(),
  digest: z.string(),
  synthetic: z.boolean(),
  unitKind: z.enum(['well', 'image']),
  classes: z.int(),
  channels: z.array(channelSchema),
  image: z.object({ height: z.int(), width: z.int(), dtype: z.enum(['uint8', 'uint16']) }),
  plates: z.array(plateSchema),
})
export type Store = z.output<typeof storeSchema>

export const siteSchema = z.object({
  site: z.string(),
  /** Address of its field, an OME-Zarr image, below `/files/`; null where it is not in the served folder. */
  field: z.string().nullable(),
  /** Mean of each channel; null where the channel is missing. */
  means: z.array(z.number().nullable()),
})
export type Site = z.output<typeof siteSchema>

export const unitSchema = z.object({
  id: z.string(),
  well: z.string(),
  role: z.enum(roles),
  /** The name of its class; empty where it is not known. */
  label: z.string(),
  code: z.string(),
  sites: z.array(siteSchema),
})
export type Unit = z.output<typeof unitSchema>

/** `GET /api/plate?store=…&plate=…`: a plate and all that is on it. */
export const plateContentsSchema = plateSchema.omit({ units: true, sites: true }).extend({
  units: z.array(unitSchema),
})
export type PlateContents = z.output<typeof plateContentsSchema>
