import { TorchError } from '@phenoprint/torch'

/** Whether something failed because another rank is gone, or did not come in time. */
export function isLostRank(error: unknown): boolean {
  return error instanceof TorchError && error.kind === 'ranks'
}
