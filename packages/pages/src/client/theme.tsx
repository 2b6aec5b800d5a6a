import { seriesTones } from '@phenoprint/phenoprint/plots'
import { useState } from 'preact/hooks'

const themes = ['system', 'light', 'dark'] as const
type Theme = (typeof themes)[number]
const key = 'phenoprint-theme'

/** Gives the page the colours of the plots' series, and the theme that was chosen before. */
export function startTheme(): void {
  const sheet = new CSSStyleSheet()
  const tones = seriesTones.map(
    ([light, dark], i) => `--series-${i + 1}: light-dark(${light}, ${dark});`,
  )
  sheet.replaceSync(`:root { ${tones.join(' ')} }`)
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet]
  apply(chosen())
}

/** Light, dark, or as the system is. */
export function ThemeChoice() {
  const [theme, setTheme] = useState(chosen)
  const choose = (name: string) => {
    const next = themes.find((each) => each === name) ?? 'system'
    localStorage.setItem(key, next)
    apply(next)
    setTheme(next)
  }
  return (
    <label class="theme">
      Colours{' '}
      <select value={theme} onChange={({ currentTarget }) => choose(currentTarget.value)}>
        {themes.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  )
}

function chosen(): Theme {
  const name = localStorage.getItem(key)
  return themes.find((each) => each === name) ?? 'system'
}

function apply(theme: Theme): void {
  document.documentElement.dataset.theme = theme
}
