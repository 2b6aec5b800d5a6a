import { type nn, noGrad, type Tensor, tidy } from '@phenoprint/torch'

/** Copies a network's buffers, as batch norms' running statistics are; what it gives puts them back. */
export function keepBuffers(network: nn.Module): () => void {
  const buffers = network.namedBuffers()
  const saved = new Map<string, Tensor>()
  for (const [name, buffer] of buffers) saved.set(name, tidy(() => buffer.clone()).keep())
  return () => {
    noGrad(() =>
      tidy(() => {
        for (const [name, value] of saved) buffers.get(name)?.copy_(value)
      }),
    )
    for (const value of saved.values()) value.dispose()
  }
}
