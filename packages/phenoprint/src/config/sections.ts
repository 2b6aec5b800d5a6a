import { z } from 'zod'
import { symmetries } from './batches.js'

/**
 * One schema a section of the YAML file. Every key has a description: it is what an editor shows,
 * what the JSON Schema carries and what `docs/config.md` lists.
 */
const name = z.string().min(1)
const positiveInteger = z.int().positive()
const fraction = z.number().min(0).max(1)
/** What a running mean keeps of itself: at 1 it would learn nothing. */
const decay = z.number().min(0).lt(1)

export const reductions = [
  'logitMean',
  'logitMedian',
  'probabilityMean',
  'probabilityMedian',
  'rankMean',
  'rankMedian',
] as const

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
    'Path of an image below the folder: {name} stands for a column of the table, or else for experiment, cellType, plate, well or site as read from it; {channel} for channels[].file. Without {channel}, one file holds all channels',
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

const head = z
  .strictObject({
    name: z
      .enum(['linear', 'embedding', 'cosine'])
      .default('linear')
      .describe(
        'linear: one layer; embedding: two layers between batch norms make an embedding, and one layer the classes of it; cosine: scale x cosine of the angle to a direction for each class',
      ),
    size: positiveInteger
      .optional()
      .describe(
        'Of the embedding; without it, embedding: 1024; cosine: the features themselves are it',
      ),
    scale: z.number().positive().default(30).describe('cosine: what cosines are multiplied by'),
  })
  .prefault({})
  .describe('From features to classes')

export const model = z
  .strictObject({
    architecture: z
      .enum([
        'efficientnet-b0',
        'efficientnet-b1',
        'efficientnet-b2',
        'efficientnet-b3',
        'efficientnet-b4',
        'efficientnet-b5',
        'efficientnet-b6',
        'efficientnet-b7',
        'resnet18',
        'resnet34',
        'resnet50',
        'resnet101',
        'resnet152',
        'resnext50-32x4d',
        'densenet121',
        'densenet161',
        'densenet169',
        'densenet201',
      ])
      .default('efficientnet-b0')
      .describe('Network'),
    activation: z
      .enum(['relu', 'silu', 'mish'])
      .optional()
      .describe(
        "Activation throughout; without it, the architecture's own: silu in EfficientNets, relu in others",
      ),
    flavour: z
      .enum(['torch', 'tensorflow'])
      .default('torch')
      .describe(
        'torch: symmetric padding, batch norm eps 1e-5, momentum 0.1; tensorflow (EfficientNets): "same" padding, 1e-3, 0.01',
      ),
    normMomentum: z
      .number()
      .gt(0)
      .max(1)
      .optional()
      .describe(
        "Weight of a batch in batch norm's running statistics; without it, the flavour's own",
      ),
    head,
    cellTypeInput: z
      .boolean()
      .default(false)
      .describe('The cell type of an image stands beside its features, before the head'),
    finalActivation: z
      .boolean()
      .default(true)
      .describe('DenseNets: activate the last maps before they are averaged'),
    dropout: fraction
      .optional()
      .describe("Before the classifier; without it, the architecture's own"),
    dropConnect: fraction
      .optional()
      .describe(
        'Greatest rate of dropped residual branches; without it, 0.2 in EfficientNets and 0 in ResNets',
      ),
    weights: name
      .optional()
      .describe("safetensors file to start from, in timm's names or torchvision's"),
    stemWeights: z
      .enum(['scaled', 'copied', 'fresh'])
      .default('scaled')
      .describe(
        "The file's first convolution where images have another number of channels: its channels repeated in turn and scaled by their count over the new one; repeated as they are; or drawn afresh (then for any number)",
      ),
    kernels: z
      .enum(['auto', 'stock', 'fused'])
      .default('auto')
      .describe(
        'auto: fused where this build has such an operator for a block, else stock; stock: libtorch operators only; fused: an error where there is none',
      ),
  })
  .prefault({})
  .describe('The network')

const threads = positiveInteger
  .max(4096)
  .optional()
  .describe('Threads of the engine; without it, all cores')

const optimiser = z
  .strictObject({
    name: z.enum(['adam', 'adamw', 'sgd']).default('adamw').describe('Update rule'),
    learningRate: z.number().positive().default(1e-3).describe('Peak learning rate'),
    weightDecay: z.number().nonnegative().default(0).describe('adamw: decoupled; adam, sgd: L2'),
    betas: z.tuple([decay, decay]).default([0.9, 0.999]).describe('adam, adamw'),
    eps: z.number().positive().default(1e-8).describe('adam, adamw'),
    momentum: decay.default(0.9).describe('sgd'),
    nesterov: z.boolean().default(false).describe('sgd'),
  })
  .prefault({})
  .describe('How weights move')

const schedule = z
  .strictObject({
    name: z.enum(['constant', 'oneCycle', 'cosine']).default('oneCycle').describe('Shape'),
    warmup: fraction
      .default(0.2)
      .describe('Share of all steps in which the rate rises to its peak'),
    finalShare: fraction.default(0).describe('cosine: last learning rate as a share of the peak'),
    momentum: z
      .tuple([decay, decay])
      .nullable()
      .default(null)
      .describe(
        "oneCycle: momentum (Adam's first beta) at the peak and at both ends; null leaves it alone",
      ),
  })
  .prefault({})
  .describe('Learning rate over the steps')

const loss = z
  .strictObject({
    name: z.enum(['crossEntropy']).default('crossEntropy').describe('What is minimised'),
    labelSmoothing: fraction.default(0).describe('Share of the target spread over all classes'),
    controlWeight: z
      .number()
      .nonnegative()
      .default(0.1)
      .describe("batches.pairs: weight of the loss of the control's class"),
  })
  .prefault({})
  .describe('Training loss')

const earlyStopping = z
  .strictObject({
    patience: positiveInteger.default(10).describe('Epochs without improvement before it stops'),
    minDelta: z.number().nonnegative().default(0).describe('How much lower counts as improved'),
  })
  .describe('Stop when neither overall nor any cell type improves any more')

export const training = z
  .strictObject({
    epochs: positiveInteger.default(40).describe('Passes over the training sites, at most'),
    batchSize: positiveInteger.default(32).describe('Samples a step of the optimiser'),
    microBatch: positiveInteger
      .optional()
      .describe('Samples at once, gradients accumulated to batchSize; without it, batchSize'),
    optimiser,
    schedule,
    loss,
    precision: z.enum(['fp32', 'bf16']).default('fp32').describe('bf16: autocast'),
    earlyStopping: earlyStopping.optional(),
    threads,
    checkpointMinutes: z
      .number()
      .positive()
      .default(5)
      .describe('Save within an epoch after so many minutes (every epoch is saved anyway)'),
  })
  .prefault({})
  .describe('The training loop')

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
    precision: z.enum(['fp32', 'bf16']).default('fp32').describe('What convolutions multiply'),
    threads,
  })
  .describe('Logits for every tile, site and symmetry, and their reduction per unit')

const member = z.strictObject({
  run: name.describe('Run directory of infer'),
  weight: z.number().positive().default(1).describe('Weight in the average'),
})

export const ensemble = z
  .strictObject({
    members: z
      .record(z.string(), z.array(member).min(1))
      .describe('Members by cell type; default stands for every cell type not named'),
    reduce: z.enum(reductions).default('logitMean').describe('How members become one row a unit'),
    splits: z
      .array(z.enum(['train', 'validation', 'test']))
      .min(1)
      .default(['validation', 'test'])
      .describe('Which units'),
  })
  .describe('Average of several runs of infer')

export const stages = z
  .array(
    z.strictObject({
      verb: z
        .enum([
          'simulate',
          'preprocess',
          'train',
          'fine-tune',
          'infer',
          'ensemble',
          'assign',
          'submit',
          'explain',
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
