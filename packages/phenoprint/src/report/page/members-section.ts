import { disagreementPlot } from '../plots/disagreement.js'
import { membersPlot } from '../plots/members.js'
import { details, figure, table, text } from './html.js'
import type { JudgedCellType, JudgedMembers } from './judged-members.js'

/** The members of an ensemble: how good each is, how they differ, and what each adds. */
export function membersSection(
  folder: string,
  { split, cellTypes, missing }: JudgedMembers,
  index: number,
): string {
  const why = missing.map((reason) => `<p>Not compared: ${text(reason)}</p>`)
  const blocks = cellTypes.map((of) => cellTypeBlock(folder, of))
  return `<section id="members-${index + 1}"><h2>Members: ${text(folder)}</h2><p>On labelled units of ${text(split)} that every member of a cell type has.</p>${why.join('')}${blocks.join('')}</section>`
}

function cellTypeBlock(folder: string, of: JudgedCellType): string {
  const { cellType, units, leftOut, accuracy, members } = of
  const names = shortNames(members.map(({ run }) => run))
  const title = `Members, ${cellType}, ${folder}`
  const plotted = members.map((member, i) => ({ ...member, name: names[i] ?? '' }))
  const rows = members.map(({ run, weight, accuracy: alone, without }) => [
    run,
    weight.toPrecision(3),
    percent(alone),
    without === null ? '' : percent(without),
    without === null ? '' : points(accuracy - without),
  ])
  const header = ['Member', 'Weight', 'Alone', 'All without it', 'What it adds (points)']
  const left = leftOut === 0 ? '' : ` ${leftOut} units that only some members have are not counted.`
  return [
    `<h3>${text(cellType)}: ${percent(accuracy)} together, ${units} units</h3>`,
    figure(
      'members',
      membersPlot(plotted, accuracy, title),
      `${title}. Line: all together; dot: a member alone; diamond: all without it, left of the line where it helps.${left}`,
    ),
    table(title, header, rows),
    members.length < 2 ? '' : diversity(of, names, folder),
  ].join('')
}

function diversity({ cellType, pairs }: JudgedCellType, names: readonly string[], folder: string) {
  const named = pairs.map(({ a, b, ...of }) => ({ a: names[a] ?? '', b: names[b] ?? '', ...of }))
  const mean = named.reduce((sum, { disagreement }) => sum + disagreement, 0) / named.length
  const title = `Disagreement of members, ${cellType}, ${folder}`
  const rows = named.map(({ a, b, disagreement, yulesQ, errorCorrelation }) => [
    `${a} and ${b}`,
    percent(disagreement),
    yulesQ.toFixed(2),
    Number.isNaN(errorCorrelation) ? '' : errorCorrelation.toFixed(2),
  ])
  const header = ['Members', 'Called differently', "Yule's Q of being right", 'Error correlation']
  return `${figure(
    'disagreement',
    disagreementPlot(
      named.map(({ a, b, disagreement }) => ({ a, b, share: disagreement })),
      names,
      title,
    ),
    `${title}: units that two members call differently, in %; ${percent(mean)} on average.`,
  )}${details(`${title} as a table`, table(title, header, rows))}`
}

/** Folders without the parents that all of them share; those named twice are numbered. */
function shortNames(runs: readonly string[]): string[] {
  const parts = runs.map((run) => run.split('/'))
  const shortest = Math.min(...parts.map(({ length }) => length))
  let shared = 0
  while (shared < shortest - 1 && parts.every((of) => of[shared] === parts[0]?.[shared])) shared++
  const names = parts.map((of) => of.slice(shared).join('/'))
  return names.map((name, i) =>
    names.indexOf(name) === names.lastIndexOf(name) ? name : `${i + 1}: ${name}`,
  )
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}

function points(share: number): string {
  return `${share < 0 ? '−' : '+'}${Math.abs(100 * share).toFixed(1)}`
}
