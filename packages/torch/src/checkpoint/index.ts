export {
  readSafetensors,
  readSafetensorsHeader,
  type SafetensorsFile,
  writeSafetensors,
} from './safetensors.js'
export type { SafetensorsHeader, TensorEntry } from './safetensors-header.js'
export { readTorchSave } from './torch-save.js'
