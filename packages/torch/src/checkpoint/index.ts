export {
  readSafetensors,
  readSafetensorsHeader,
  type SafetensorsFile,
  writeSafetensors,
} from './safetensors.js'
export type { SafetensorsHeader, TensorEntry } from './safetensors-header.js'
