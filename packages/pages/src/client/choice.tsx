/** One of several words, or all of them. */
export function Choice({
  label,
  value,
  options,
  all = 'all',
  onChoose,
}: {
  readonly label: string
  /** Empty for all. */
  readonly value: string
  readonly options: readonly string[]
  /** What no choice is called; null where there has to be one. */
  readonly all?: string | null
  readonly onChoose: (value: string) => void
}) {
  return (
    <label>
      {label}{' '}
      <select value={value} onChange={({ currentTarget }) => onChoose(currentTarget.value)}>
        {all !== null && <option value="">{all}</option>}
        {options.map((option) => (
          <option key={option} value={option}>
            {option}
          </option>
        ))}
      </select>
    </label>
  )
}
