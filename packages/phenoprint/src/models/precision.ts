/** What convolutions multiply; sums are always float32. */
export type Precision = 'fp32' | 'bf16' | 'fp16'

const dtypes = { fp32: 'float32', bf16: 'bfloat16', fp16: 'float16' } as const

/** The dtype of the numbers that convolutions multiply. */
export function dtypeOf(precision: Precision): (typeof dtypes)[Precision] {
  return dtypes[precision]
}

/** As what images come: in half the memory where a network's first convolution rounds them to that anyway. */
export function imageValues(precision: Precision): 'float32' | 'bfloat16' {
  return precision === 'bf16' ? 'bfloat16' : 'float32'
}

/** What autocast() is told, to compute in a precision on a device: `cpu`, `cuda`, `cuda:1`. */
export function castingFor(device: string, precision: Precision) {
  const dtype = precision === 'fp16' ? 'float16' : 'bfloat16'
  return { device: kindOf(device), dtype, enabled: precision !== 'fp32' } as const
}

function kindOf(device: string): 'cpu' | 'cuda' {
  return device === 'cpu' ? 'cpu' : 'cuda'
}
