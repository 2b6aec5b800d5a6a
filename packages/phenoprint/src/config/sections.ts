import { z } from 'zod'
import { averaging, reductions } from './averaging.js'
import { predictionNorm } from './batch-norm.js'
import { symmetries } from './batches.js'
import { precision } from './precision.js'

/**
 * One schema a section of the YAML file. Every key has a description: it is what an editor shows,
 * what the JSON Schema carries and what `docs/config.md` lists.
 */
const name = z.string().min(1)
const positiveInteger = z.int().positive()

export const seed = z.int().nonnegative().default(1).describe('Seed of every random choice')

export const device = z
  .string()
  .regex(/^(cpu|cuda(:\d+)?)$/, 'expected cpu, cuda or cuda:<index>')
  .default('cpu')
  .describe('Where tensors live: cpu, cuda, cuda:1')

export const channel = z.strictObject({
  name: name.describe('What is stained, for people'),
  color: z
    .string()
    .regex(/^[0-9A-Fa-f]{6}$/, 'expected six hexadecimal digits, RRGGBB')
    .optional()
    .describe('Display colour, RRGGBB'),
  file: name
    .optional()
    .describe(
      'What {channel} stands for in the path of its images, such as w1 or {FileName_DNA}; without it, the number of the channel, from 1',
    ),
  plane: positiveInteger
    .optional()
    .describe(
      'Which plane of a file with several, from 1: red, green, blue of a colour image, the samples or pages of a TIFF; without it, one file of all channels has one plane for each',
    ),
})

const onMissing = z
  .strictObject({
    image: z
      .enum(['error', 'skip'])
      .default('error')
      .describe('A site without any image: stop, or leave the site out'),
    channel: z
      .enum(['error', 'skip', 'zero'])
      .default('error')
      .describe('A site with some channels: stop, leave the whole site out, or fill with zeros'),
  })
  .prefault({})
  .describe('What to do where the table names images that are not there')

const screenBase = {
  name: name.describe('Name of the screen, for people'),
  folder: name.describe('Folder that holds the tables and images'),
  onMissing,
  classes: name
    .optional()
    .describe('CSV class,name, relative to the folder: names of the classes for people'),
}

const rxrx1Screen = z.strictObject({
  reader: z.literal('rxrx1').describe('The RxRx1 competition: its CSVs and folder names'),
  ...screenBase,
  answers: name
    .optional()
    .describe(
      'CSV id_code,sirna, relative to the folder: labels of test wells, for evaluation alone, never for training',
    ),
  controls: z
    .boolean()
    .default(true)
    .describe('Read the control tables too (classes after the treatments)'),
  sites: positiveInteger
    .default(2)
    .describe('Sites of every well; the later release (metadata.csv) names its own'),
})

const tableScreen = z.strictObject({
  reader: z.literal('table').describe('Any CSV plus a path template'),
  ...screenBase,
  table: name.describe('CSV file, relative to the folder'),
  unit: z.enum(['well', 'image']).default('well').describe('What a label belongs to'),
  images: name.describe(
    'Path of an image below the folder: {name} stands for a column of the table, or else for experiment, cellType, plate, well or site as read from it; {channel} for channels[].file. Without {channel}, one file holds all channels. A path into an OME-Zarr plate (plates/P1.ozx/B/02/0) names a field of it, which is read in place',
  ),
  channels: z.array(channel).min(1).describe('Channels, in the order of the channel axis'),
  columns: z
    .strictObject({
      experiment: name.optional().describe('Column or {template}; without it, one experiment'),
      cellType: name.optional().describe('Column or {template}; without it, one cell type'),
      plate: name.describe('Column or {template}'),
      well: name.describe('Column or {template}'),
      site: name.optional().describe('Column or {template}; without it, see sites'),
      label: name.optional().describe('Column of the class: names or numbers'),
      role: name.optional().describe('Column that says treatment or control'),
      part: name.optional().describe('Column that says train or test; test is never trained on'),
    })
    .describe('Which column is what'),
  sites: z
    .array(name)
    .min(1)
    .optional()
    .describe(
      'Sites of every row, where a row is a well: [s1, s2]; without it and without columns.site, one site a well',
    ),
  roles: z
    .record(z.string(), z.enum(['treatment', 'negativeControl', 'positiveControl']))
    .default({})
    .describe(
      'What the values of the role column mean: {DMSO: negativeControl, "": treatment}; treatment, negativeControl and positiveControl (negative_control, positive_control) stand for themselves',
    ),
  classNames: z
    .array(name)
    .optional()
    .describe('The classes in label order; without it, the sorted distinct labels'),
})

export const screen = z
  .discriminatedUnion('reader', [rxrx1Screen, tableScreen])
  .describe('Who is where: the metadata and the image files')

export const store = z
  .strictObject({
    path: name.describe('Folder of the store: one .ozx a plate'),
    tile: z
      .tuple([positiveInteger, positiveInteger])
      .default([256, 256])
      .describe('Tile height and width in pixels: the inner chunk of the store'),
    codec: z.enum(['none', 'zstd']).default('zstd').describe('Compression of the chunks'),
    verify: z
      .boolean()
      .optional()
      .describe('preprocess: read every pixel of a store that is whole, and compare all digests'),
  })
  .describe('Pixels as OME-Zarr')

export const exported = z
  .strictObject({
    path: name.describe('Folder to write to'),
    form: z
      .enum(['directory', 'archive'])
      .default('directory')
      .describe(
        'directory: each .ozx of store.path as a folder; archive: each such folder of store.path as an .ozx again',
      ),
  })
  .describe('The store in another form')

const drawn = z.strictObject({
  folds: z.int().min(2).describe('Into how many folds the groups of a cell type are divided'),
  fold: z.int().nonnegative().describe('Which fold is held out'),
  seed: z
    .int()
    .nonnegative()
    .optional()
    .describe('Shuffle groups first; without it, sorted by name'),
})
const named = z
  .record(z.string(), z.array(name))
  .describe('Held-out groups by cell type: {HEPG2: [HEPG2-03]}')

export const split = z
  .strictObject({
    by: z.enum(['experiment', 'plate']).default('experiment').describe('What is held out whole'),
    validation: z
      .union([z.literal('none'), drawn, named])
      .default('none')
      .describe('none, {folds, fold, seed}, or names by cell type'),
    test: z
      .union([z.literal('screen'), drawn, named])
      .default('screen')
      .describe("The screen's own test part, {folds, fold, seed}, or names by cell type"),
    skipExperiments: z.array(name).default([]).describe('Experiments left out of everything'),
  })
  .prefault({})
  .describe('Which units train, validate and test')

const threads = positiveInteger
  .max(4096)
  .optional()
  .describe('Threads of the engine; without it, all cores')

export const fineTune = z
  .strictObject({
    from: name.describe('Run directory of the overall training'),
    cellTypes: z
      .union([z.literal('each'), z.array(name).min(1)])
      .default('each')
      .describe('One model for each cell type, or for those named'),
  })
  .describe('One model a cell type, each from its own best epoch of the overall run')

export const prediction = z
  .strictObject({
    from: name.describe('Run directory of train or fine-tune'),
    checkpoint: z
      .enum(['best', 'bestByCellType', 'last'])
      .default('best')
      .describe('Which epoch of the run (fine-tuned runs: of each cell type)'),
    splits: z
      .array(z.enum(['train', 'validation', 'test']))
      .min(1)
      .default(['validation', 'test'])
      .describe('Which units'),
    symmetries: z
      .array(z.enum(symmetries))
      .min(1)
      .default(['identity'])
      .describe('Views of each tile, averaged'),
    reduce: z.enum(reductions).default('logitMean').describe('How views become one row a unit'),
    views: z
      .enum(['auto', 'float32', 'float16', 'none'])
      .default('auto')
      .describe('Per-view logits kept: float32 while under 1 GB, else float16'),
    batchSize: positiveInteger.default(64).describe('Tiles at once'),
    batchNorm: predictionNorm,
    precision: precision('What convolutions multiply; fp16 is for CUDA'),
    threads,
  })
  .describe('Logits for every tile, site and symmetry, and their reduction per unit')

const member = z.strictObject({
  run: name.describe('Run directory of infer'),
  weight: z.number().positive().default(1).describe('Weight in the average'),
})

const select = z
  .strictObject({
    split: z
      .enum(['validation', 'test'])
      .default('validation')
      .describe('Split whose labels members are compared on'),
    topModels: positiveInteger
      .optional()
      .describe('How many members stay for each cell type: the best by themselves'),
    weights: z
      .enum(['given', 'simplex', 'forward'])
      .default('given')
      .describe(
        'given: those of the lists; simplex: the best that sum to 1; forward: selection with replacement',
      ),
    by: z
      .enum(['loss', 'accuracy'])
      .default('loss')
      .describe('What members and weights are judged by'),
    rounds: positiveInteger.max(1000).default(50).describe('Additions of forward selection'),
    folds: positiveInteger
      .default(1)
      .describe('Weights are found without each fold of experiments in turn, and averaged'),
  })
  .describe('Which members are taken, by their labelled units in common')

export const ensemble = z
  .strictObject({
    members: z
      .record(z.string(), z.array(member).min(1))
      .describe('Members by cell type; default stands for every cell type not named'),
    reduce: z.enum(reductions).default('logitMean').describe('How members become one row a unit'),
    averaging: averaging
      .optional()
      .describe(
        "How each member's views become its row a unit, made again from the views it kept; without it the row that it stored",
      ),
    splits: z
      .array(z.enum(['train', 'validation', 'test']))
      .min(1)
      .default(['validation', 'test'])
      .describe('Which units'),
    topK: positiveInteger
      .optional()
      .describe("Classes that count of each member's row: its best; without it all"),
    units: z
      .enum(['all', 'any'])
      .default('all')
      .describe(
        'all: every member must have every unit; any: a unit is averaged over the members that have it (folds)',
      ),
    select: select.optional(),
  })
  .describe('Average of several runs of infer')

export const stages = z
  .array(
    z.strictObject({
      verb: z
        .enum([
          'simulate',
          'preprocess',
          'audit',
          'export',
          'train',
          'fine-tune',
          'infer',
          'ensemble',
          'assign',
          'submit',
          'explain',
          'evaluate',
          'choose',
          'embed',
          'pseudo-label',
        ])
        .describe('What the stage does'),
      config: name.describe('YAML file of the stage, relative to this file'),
      set: z
        .record(z.string(), z.unknown())
        .default({})
        .describe('Keys by dotted path that differ from the file: {training.epochs: 5}'),
    }),
  )
  .min(1)
  .describe('Stages of `phenoprint run`, in order')
