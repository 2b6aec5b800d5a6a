/** Fewest single-character insertions, deletions and substitutions between two strings (Levenshtein 1966). */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      current.push(Math.min((previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, substitution))
    }
    previous = current
  }
  return previous[b.length] ?? 0
}

/** ` Did you mean "…"?` with the nearest of the names, or nothing when none is near. */
export function didYouMean(got: string, names: readonly string[]): string {
  let nearest: string | null = null
  let least = Math.max(1, Math.ceil(got.length / 3)) + 1
  for (const name of names) {
    const distance = editDistance(got.toLowerCase(), name.toLowerCase())
    if (distance < least) {
      least = distance
      nearest = name
    }
  }
  return nearest === null ? '' : ` Did you mean "${nearest}"?`
}
