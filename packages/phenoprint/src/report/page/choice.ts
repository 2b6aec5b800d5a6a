import { text } from './html.js'

/** Something that a reader may choose to see; of its kind one is seen at a time. */
export interface Choice {
  /** Of its button; what belongs to it has the class `for-<id>`. */
  readonly id: string
  /** In HTML. */
  readonly words: string
}

/** Buttons to choose by, by pointer or keyboard; the first is chosen. */
export function choiceButtons(name: string, legend: string, choices: readonly Choice[]): string {
  const buttons = choices.map(
    ({ id, words }, i) =>
      `<label><input type="radio" name="${text(name)}" id="${text(id)}"${i === 0 ? ' checked' : ''}> ${words}</label>`,
  )
  return `<fieldset id="${text(name)}"><legend>${text(legend)}</legend>${buttons.join('\n')}</fieldset>`
}

/** Rules of the style sheet that hide what is not chosen. */
export function choiceStyle(choices: readonly Choice[]): string {
  return choices
    .map(({ id }) => `main:not(:has(#${id}:checked)) .for-${id} { display: none; }`)
    .join('\n')
}
