import type { ShownChannel } from './shown-channels.js'

/** Which channels are shown, and between which values. */
export function ChannelControls({
  channels,
  most,
  onChange,
}: {
  readonly channels: readonly ShownChannel[]
  /** The greatest value that pixels can have. */
  readonly most: number
  readonly onChange: (channels: readonly ShownChannel[]) => void
}) {
  const change = (at: number, changed: Partial<ShownChannel>) =>
    onChange(channels.map((channel, c) => (c === at ? { ...channel, ...changed } : channel)))
  return (
    <fieldset class="channels">
      <legend>Channels, black and bright at these values</legend>
      {channels.map(({ name, color, visible, low, high }, c) => (
        <div class="channel" key={name}>
          <input
            type="checkbox"
            id={`channel-${c}`}
            checked={visible}
            onChange={({ currentTarget }) => change(c, { visible: currentTarget.checked })}
          />
          <span class="swatch" style={{ background: `#${color}` }} />
          <label for={`channel-${c}`}>{name}</label>
          {(['low', 'high'] as const).map((end) => (
            <input
              key={end}
              type="number"
              min={0}
              max={most}
              value={Math.round(end === 'low' ? low : high)}
              disabled={!visible}
              aria-label={`${name}: ${end === 'low' ? 'black' : 'bright'} at`}
              onChange={({ currentTarget }) => change(c, { [end]: Number(currentTarget.value) })}
            />
          ))}
          <input
            type="range"
            min={1}
            max={most}
            value={Math.round(high)}
            disabled={!visible}
            aria-label={`${name}: brightness`}
            onInput={({ currentTarget }) =>
              change(c, { high: Math.max(low + 1, Number(currentTarget.value)) })
            }
          />
        </div>
      ))}
    </fieldset>
  )
}
