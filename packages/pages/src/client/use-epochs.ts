import { useEffect, useState } from 'preact/hooks'
import { type Epoch, epochOf } from './events.js'

/** The epochs of a run so far; each new one appears as it is written. */
export function useEpochs(run: string): readonly Epoch[] {
  const [epochs, setEpochs] = useState<readonly Epoch[]>([])
  useEffect(() => {
    let all: Epoch[] = []
    let current = false
    const show = () => {
      current = true
      setEpochs([...all])
    }
    const source = new EventSource(`/api/events?${new URLSearchParams({ run })}`)
    source.addEventListener('message', ({ data }) => {
      const epoch = epochOf(String(data))
      if (epoch === null) return
      all.push(epoch)
      // What is there already is drawn once, not line by line.
      if (current) show()
    })
    source.addEventListener('current', show)
    source.addEventListener('rewind', () => {
      all = []
      current = false
    })
    return () => source.close()
  }, [run])
  return epochs
}
