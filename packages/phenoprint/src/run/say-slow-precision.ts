import { engine } from '@phenoprint/torch'
import type { Precision } from '../models/precision.js'
import type { Reporter } from './reporter.js'

/** Says where bfloat16 makes convolutions slower instead of faster. */
export function saySlowPrecision(
  verb: string,
  key: string,
  { device, precision }: { readonly device: string; readonly precision: Precision },
  reporter: Reporter,
): void {
  if (device !== 'cpu' || precision !== 'bf16' || engine.bfloat16Convolutions) return
  reporter.say(
    `${verb}: warning: ${key}: bf16 takes many times longer than fp32 on this processor, whose convolutions have no bfloat16 (they need AVX-512). Set it to fp32.`,
  )
}
