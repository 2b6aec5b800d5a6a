import { accuracyText } from '../plots/accuracy.js'
import { accuracyParts } from './accuracy-parts.js'
import {
  accuracySection,
  calibrationSection,
  confusionSection,
  montageSection,
  mostConfused,
  pairAnchor,
} from './call-sections.js'
import { shownSplit } from './called-wells.js'
import { type Choice, choiceButtons, choiceStyle } from './choice.js'
import type { EmbeddedUnits } from './embedded-units.js'
import { embeddingChoices, embeddingSection } from './embedding-section.js'
import { table, text } from './html.js'
import type { JudgedMembers } from './judged-members.js'
import { mostBytes, type PageLimits } from './limits.js'
import { membersSection } from './members-section.js'
import { plateSection } from './plate-section.js'
import { plateValues } from './plate-values.js'
import type { ReportedRun } from './reported-run.js'
import { saliencySection } from './saliency-section.js'
import { style } from './style.js'
import { trainingSection } from './training-section.js'
import type { WellMeans } from './well-means.js'
import type { WellPictures } from './well-pictures.js'

/** A run and where its wells' pictures come from. */
export interface PagedRun {
  readonly run: ReportedRun
  /** null where its store is not at hand. */
  readonly pictures: WellPictures | null
  /** null where its store is not at hand. */
  readonly means: WellMeans | null
  readonly synthetic: boolean
  /** null where the run is no ensemble. */
  readonly members: JudgedMembers | null
  /** null where the run has no embeddings. */
  readonly embedded: EmbeddedUnits | null
}

/** The browser loads nothing and runs no script. */
const policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"

/** One page on some runs, whole in itself: plots are SVG, pictures are in it, and it has no script. */
export async function pageOf(paged: readonly PagedRun[], limits: PageLimits): Promise<string> {
  const runs = paged.map(({ run }) => run)
  const called = paged.filter(({ run }) => run.wells.length > 0)
  const explained = runs.filter(({ verb }) => verb === 'explain')
  const channels = [...new Set(called.flatMap(({ means }) => means?.channels ?? []))]
  const values = plateValues(channels)
  const choices: readonly Choice[] = [...values, ...embeddingChoices]
  const embedded = paged.flatMap(({ embedded: of }) => (of === null ? [] : [of]))
  const limitsEach = { ...limits, wells: Math.ceil(limits.wells / called.length) }
  const sections = [
    called.length === 0 ? '' : accuracySection(called.map(({ run }) => run)),
    ...(await inTurn(called, ({ run, pictures }, i) =>
      confusionSection(run, i, pictures, limitsEach),
    )),
    ...(await inTurn(called, ({ run, pictures }, i) =>
      montageSection(run, i, pictures, limitsEach),
    )),
    called.length === 0 ? '' : choiceButtons('map-choice', 'Plate maps show', values),
    ...called.map(({ run, means }, i) =>
      plateSection(run, i, {
        values,
        means,
        plates: Math.ceil(limits.plates / called.length),
        bytes: limits.plateBytes / called.length,
      }),
    ),
    ...called.map(({ run }, i) => calibrationSection(run, i)),
    ...paged
      .flatMap(({ run: { folder }, members }) => (members === null ? [] : [{ folder, members }]))
      .map(({ folder, members }, i) => membersSection(folder, members, i)),
    embedded.length === 0
      ? ''
      : choiceButtons('embedding-choice', 'Maps of embeddings are coloured by', embeddingChoices),
    ...embedded.map((of, i) =>
      embeddingSection(of, i, Math.ceil(limits.embedded / embedded.length)),
    ),
    ...explained.map((run, i) => saliencySection(run, i, explained.length, limits)),
    ...runs.filter(({ curves }) => curves.length > 0).map(trainingSection),
  ]
  const title = `Report: ${runs.map(({ folder }) => folder).join(', ')}`
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${text(title)}</title><style>${style}${choiceStyle(choices)}</style></head><body>`,
    `<main><h1>${text(title)}</h1>`,
    paged.some(({ synthetic, embedded: of }) => synthetic || of?.synthetic)
      ? '<p><strong>Synthetic: these images come from a simulator, not from a microscope.</strong></p>'
      : '',
    ...paged
      .filter(({ run, pictures }) => run.wells.length > 0 && pictures === null)
      .map(
        ({ run }) =>
          `<p>The store of ${text(run.folder)} is not at hand: there are no pictures of its wells, and it is not known whether they are synthetic.</p>`,
      ),
    weight(limits),
    findings(called.map(({ run }) => run)),
    table(
      'What was run',
      ['Run', 'Command', 'Screen', 'Store', 'Digest of the data'],
      runs.map(about),
    ),
    navigation(sections),
    ...sections,
    '</main></body></html>\n',
  ].join('\n')
}

/** How the page was held light, where it had to be. */
function weight({ scale, side }: PageLimits): string {
  if (scale === 1) return ''
  return `<p>To stay under ${mostBytes / 1e6} MB this page shows about ${(100 * scale).toPrecision(2)} % of the plates, wells, units and sheets that it would, and pictures of wells ${side} pixels wide at most. Name fewer runs to see more.</p>`
}

async function inTurn<Value>(
  values: readonly Value[],
  make: (value: Value, index: number) => Promise<string>,
): Promise<string[]> {
  const made: string[] = []
  for (const [index, value] of values.entries()) made.push(await make(value, index))
  return made
}

function about({ folder, verb, config, data }: ReportedRun): string[] {
  return [
    folder,
    verb,
    config.screen?.name ?? '',
    config.store?.path ?? '',
    data === null ? '' : data.slice(0, 12),
  ]
}

/** The first screen: how good each run is, and the way to its most confused pair. */
function findings(runs: readonly ReportedRun[]): string {
  const lines = runs.map((run, index) => {
    const wells = shownSplit(run.wells)
    const [all] = accuracyParts(run.folder, wells, 'all')
    const pair = mostConfused(run)
    const found =
      all === undefined ? 'no label is known' : `${accuracyText(all)} of ${wells[0]?.split}`
    const way =
      pair === null
        ? ''
        : ` <a href="#${pairAnchor(index)}">Most confused pair: ${text(pair.label)} called ${text(pair.call)} (${pair.wells.length} units)</a>`
    return `<li><strong>${text(run.folder)}</strong>: accuracy ${text(found)}.${way}</li>`
  })
  return `<ul class="found">${lines.join('')}</ul>`
}

function navigation(sections: readonly string[]): string {
  const links = sections.flatMap((section) => {
    const [, id, heading] = /^<section id="([^"]+)"><h2>(.*?)<\/h2>/.exec(section) ?? []
    return id === undefined ? [] : [`<li><a href="#${id}">${heading}</a></li>`]
  })
  return `<nav aria-label="Sections"><ul>${links.join('')}</ul></nav>`
}
