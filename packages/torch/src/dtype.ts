/** The dtypes of libtorch, by PyTorch's names; `engine.dtypes()` lists those of the libtorch in use. */
export type DType =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'bfloat16'
  | 'int64'
  | 'int32'
  | 'int16'
  | 'int8'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'bool'
  | 'complex32'
  | 'complex64'
  | 'complex128'
  | 'qint8'
  | 'quint8'
  | 'qint32'
  | 'quint4x2'
  | 'quint2x4'
  | 'bits1x8'
  | 'bits2x4'
  | 'bits4x2'
  | 'bits8'
  | 'bits16'
  | 'float8_e5m2'
  | 'float8_e4m3fn'
  | 'float8_e5m2fnuz'
  | 'float8_e4m3fnuz'
  | 'float8_e8m0fnu'
  | 'float4_e2m1fn_x2'
  | `${'uint' | 'int'}${1 | 2 | 3 | 4 | 5 | 6 | 7}`

/** `cpu`, `cuda`, `cuda:1`, ... */
export type Device = string

export type MemoryFormat = 'contiguous' | 'preserve' | 'channelsLast' | 'channelsLast3d'

export type Layout =
  | 'strided'
  | 'sparse'
  | 'sparseCoo'
  | 'sparseCsr'
  | 'sparseCsc'
  | 'sparseBsr'
  | 'sparseBsc'
  | 'mkldnn'
  | 'jagged'

/** Every array that tensors are made from and read into. */
export type TypedArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
