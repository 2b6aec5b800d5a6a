import { stringify } from 'yaml'
import { architecture, type SplitChoice } from './choose-sizes.js'
import type { ScreenInput } from './described-screen.js'

/** Everything that the files of a screen are written from. */
export interface ConfigFacts {
  /** Folder of the files, as a person would type it: it stands in their first lines. */
  readonly place: string
  /** Of stores and runs: letters, digits, `-` and `_`. */
  readonly slug: string
  readonly screen: ScreenInput
  /** What was understood, a comment line each. */
  readonly understood: readonly string[]
  readonly tile: readonly [number, number]
  readonly tilesPerSite: number
  readonly normaliseBy: 'tile' | 'plate'
  readonly split: SplitChoice
  readonly batch: number
  readonly batchReason: string
  /** Samples of a step where the batch does not fit in memory; null where it does. */
  readonly microBatch: number | null
  readonly sites: number
  readonly units: 'well' | 'image'
  readonly cellTypes: number
  /** Whether there is anything to train on. */
  readonly trainable: boolean
  /** Splits whose units have labels, validation first. */
  readonly labelled: readonly ('validation' | 'test')[]
}

/** The files of all stages, by name, comments included; without validation none that needs a best epoch. */
export function configFiles(facts: ConfigFacts): Map<string, string> {
  const best = facts.split.folds !== null
  return new Map([
    ['screen.yml', screenFile(facts)],
    ['preprocess.yml', `${head(facts, 'preprocess')}extends: screen.yml\n`],
    ['train.yml', trainFile(facts)],
    ...(best ? [['fine-tune.yml', fineTuneFile(facts)] as const] : []),
    ['infer.yml', inferFile(facts)],
    ...(best ? [['ensemble.yml', ensembleFile(facts)] as const] : []),
    ...(facts.trainable && facts.labelled.length > 0
      ? [['evaluate.yml', evaluateFile(facts)] as const]
      : []),
    ['all.yml', allFile(facts)],
  ])
}

function head({ place }: ConfigFacts, verb: string, ...comments: readonly string[]): string {
  return comment(`phenoprint ${verb} -y ${place}/${verb === 'run' ? 'all' : verb}.yml`, ...comments)
}

function comment(...lines: readonly string[]): string {
  return lines.map((line) => `# ${line}\n`).join('')
}

/** A value as YAML, on one line; `${` written so that it is no environment variable. */
function flow(value: unknown): string {
  const text = stringify(value, {
    collectionStyle: 'flow',
    lineWidth: 0,
    flowCollectionPadding: true,
  })
  return text.trim().replaceAll('${', () => '$${')
}

function screenFile(facts: ConfigFacts): string {
  const { screen, slug, tile, tilesPerSite, normaliseBy, split } = facts
  const tiles = tilesPerSite === 1 ? 'the whole image is one tile' : `${tilesPerSite} tiles a site`
  return [
    comment(
      'What every stage shares; the other files extend it. Written by `phenoprint init`, to be changed:',
      'docs/config.md lists every key. Paths are from the folder in which commands are run.',
      ...facts.understood,
    ),
    'screen:\n',
    ...screenLines(screen),
    '\nstore:\n',
    `  path: ${flow(`stores/${slug}`)}\n`,
    `  # What the network sees at once, height and width in pixels: ${tiles}.\n`,
    `  tile: ${flow(tile)}\n`,
    '\n',
    comment(
      `What is held out whole, for figures on what was never trained on: ${split.reason}.`,
      'Another fold is another division: train several models, and average them.',
    ),
    'split:\n',
    `  by: ${split.by}\n`,
    ...(split.folds === null
      ? ['  validation: none\n']
      : [
          ...(split.drawTest ? [`  test: { folds: ${split.folds}, fold: 0 }\n`] : []),
          `  validation: { folds: ${split.folds}, fold: ${split.drawTest ? 1 : 0} }\n`,
        ]),
    '\n',
    comment(
      normaliseBy === 'plate'
        ? 'Each channel gets mean 0 and deviation 1 over its plate: differences between plates go, those'
        : 'Each channel gets mean 0 and deviation 1 in each tile. Also: site, plate, negativeControls,',
      normaliseBy === 'plate'
        ? 'between wells stay. Also: tile, site, negativeControls (of the plate), experiment, all.'
        : 'experiment, all; a plate needs some images before its own mean says much.',
    ),
    `normalise: { by: ${normaliseBy} }\n`,
  ].join('')
}

/** What each key is for, where it is not plain. */
const meanings: Readonly<Record<string, string>> = {
  unit: 'well: a label belongs to a well, whose sites are averaged; image: to each image by itself.',
  images:
    'Path of an image below the folder: names in braces are columns of the table; {channel} is',
  columns: 'Which column of the table is what.',
  roles: 'What the words of the role column mean.',
  onMissing: 'What to do where images are missing: error, skip; for a channel also zero.',
  answers: 'Labels of test wells, for figures at the end; never trained on.',
}

function screenLines(screen: ScreenInput): string[] {
  return Object.entries(screen).flatMap(([key, value]) => {
    const meaning = meanings[key]
    const lines = meaning === undefined ? [] : [`  # ${meaning}\n`]
    if (key === 'images') lines.push('  # the `file` of a channel, or its number from 1.\n')
    if (key === 'channels' && Array.isArray(value)) {
      return [...lines, '  channels:\n', ...value.map((each) => `    - ${flow(each)}\n`)]
    }
    if (key === 'columns' && typeof value === 'object') {
      const columns = Object.entries(value).map(
        ([name, source]) => `    ${name}: ${flow(source)}\n`,
      )
      const label =
        'label' in value
          ? []
          : ['    # label: the column of the label; without one nothing can be trained\n']
      return [...lines, '  columns:\n', ...columns, ...label]
    }
    return [...lines, `  ${key}: ${flow(value)}\n`]
  })
}

function trainFile(facts: ConfigFacts): string {
  const { slug, batch, batchReason, microBatch, split } = facts
  return [
    head(facts, 'train'),
    'extends: screen.yml\n',
    `output: ${flow(`runs/${slug}/train`)}\n`,
    '\n',
    comment(
      'Also resnet50, densenet121, efficientnet-b1 to b7: slower, and better with many images.',
    ),
    `model:\n  architecture: ${architecture}\n`,
    '\ntraining:\n',
    '  # An epoch draws one tile of every site.\n',
    '  epochs: 30\n',
    `  # ${batchReason}.\n`,
    `  batchSize: ${batch}\n`,
    ...(microBatch === null ? [] : [`  microBatch: ${microBatch}\n`]),
    '  optimiser: { name: adamw, learningRate: 2e-3, weightDecay: 0.02 }\n',
    '  schedule: { name: oneCycle, warmup: 0.2 }\n',
    '  loss: { name: crossEntropy, labelSmoothing: 0.1 }\n',
    ...(split.folds === null
      ? []
      : [
          '  # Stops when validation has not improved for so many epochs.\n',
          '  earlyStopping: { patience: 20 }\n',
        ]),
  ].join('')
}

function fineTuneFile(facts: ConfigFacts): string {
  const { slug, cellTypes } = facts
  const why =
    cellTypes > 1
      ? 'One model for each cell type, from its own best epoch of the overall model.'
      : 'There is one cell type, so this is a second, gentler pass from the best epoch.'
  return [
    head(facts, 'fine-tune', why),
    'extends: train.yml\n',
    `output: ${flow(`runs/${slug}/fine-tune`)}\n`,
    `\nfineTune:\n  from: ${flow(`runs/${slug}/train`)}\n  cellTypes: each\n`,
    '\ntraining:\n  epochs: 5\n  optimiser: { learningRate: 3e-4 }\n',
  ].join('')
}

function splitsOf({ split }: ConfigFacts): string {
  const splits = [
    ...(split.folds === null ? [] : ['validation']),
    ...(split.hasTest ? ['test'] : []),
  ]
  return flow(splits.length > 0 ? splits : ['train'])
}

function inferFile(facts: ConfigFacts): string {
  const { slug, split } = facts
  return [
    head(facts, 'infer'),
    'extends: screen.yml\n',
    `output: ${flow(`runs/${slug}/infer`)}\n`,
    `\nprediction:\n  from: ${flow(`runs/${slug}/train`)}\n`,
    `  checkpoint: ${split.folds === null ? 'last' : 'best'}\n`,
    `  splits: ${splitsOf(facts)}\n`,
    '  # Each tile is seen in these ways, and what the network says of them is averaged.\n',
    '  symmetries: [identity, flipX, flipY, rot180]\n',
  ].join('')
}

function ensembleFile(facts: ConfigFacts): string {
  const { slug } = facts
  return [
    head(facts, 'ensemble', 'The average of the overall model and of those fine-tuned from it.'),
    'extends: screen.yml\n',
    `output: ${flow(`runs/${slug}/ensemble`)}\n`,
    '\nensemble:\n  members:\n    default:\n',
    `      - run: ${flow(`runs/${slug}/infer`)}\n`,
    `      - run: ${flow(`runs/${slug}/infer-fine-tuned`)}\n`,
    `  reduce: logitMean\n  splits: ${splitsOf(facts)}\n`,
  ].join('')
}

function evaluateFile(facts: ConfigFacts): string {
  const { slug, labelled } = facts
  return [
    head(facts, 'evaluate', 'Figures by cell type, experiment and plate, of what has labels.'),
    'extends: screen.yml\n',
    `output: ${flow(`runs/${slug}/evaluate`)}\n`,
    '\nevaluation:\n  from:\n',
    `    - ${flow(`runs/${slug}/infer`)}\n    - ${flow(`runs/${slug}/ensemble`)}\n`,
    `  splits: ${flow(labelled)}\n`,
  ].join('')
}

function allFile(facts: ConfigFacts): string {
  const { slug, labelled, trainable, split } = facts
  if (!trainable) {
    const why = 'Without labels nothing can be trained: add the other stages when there are some.'
    return `${head(facts, 'run', why)}stages:\n${stage('preprocess')}`
  }
  if (split.folds === null) {
    const why = 'Nothing validates, so no epoch is the best: there is no fine-tuning from one.'
    return `${head(facts, 'run', why)}stages:\n${['preprocess', 'train', 'infer'].map(stage).join('')}`
  }
  return [
    head(facts, 'run', 'Every stage in order; finished ones are skipped.'),
    'stages:\n',
    ...['preprocess', 'train', 'fine-tune', 'infer'].map(stage),
    '  - verb: infer\n    config: infer.yml\n    set:\n',
    `      output: ${flow(`runs/${slug}/infer-fine-tuned`)}\n`,
    `      prediction.from: ${flow(`runs/${slug}/fine-tune`)}\n`,
    stage('ensemble'),
    ...(labelled.length > 0 ? [stage('evaluate')] : []),
  ].join('')
}

function stage(verb: string): string {
  return `  - { verb: ${verb}, config: ${verb}.yml }\n`
}
