import { z } from 'zod'

/** What is computed in float32, in bfloat16, in float16. */
export function precision(description: string) {
  return z.enum(['fp32', 'bf16', 'fp16']).default('fp32').describe(description)
}
