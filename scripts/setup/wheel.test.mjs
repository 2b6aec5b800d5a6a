import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder, write } from '../testing/temporary.mjs'
import { writeWheel } from '../testing/wheels.mjs'
import { cudaRequirements, parseMetadata, readWheelMetadata } from './wheel.mjs'

/** As torch 2.13.0 declares them: first what both builds do, then what the CUDA build adds. */
const common = [
  'filelock',
  'typing-extensions>=4.10.0',
  'sympy>=1.13.3',
  'optree>=0.13.0; extra == "optree"',
]
const cuda = [
  'cuda-toolkit[cublas,cudart,nvrtc]==13.0.3; platform_system == "Linux"',
  'cuda-bindings<14,>=13.0.3; platform_system == "Linux" and python_version < "3.15"',
  'nvidia-cudnn-cu13==9.20.0.48; platform_system == "Linux"',
  'triton==3.7.1; platform_system == "Linux" and python_version < "3.15"',
]
const linux = { platform: 'linux', arch: 'x64' }

describe('the metadata of a wheel', () => {
  it('ends where the description begins', () => {
    const text =
      'Metadata-Version: 2.1\r\nName: torch\r\nVersion: 2.13.0+cpu\r\nRequires-Dist: sympy>=1.13.3\r\n\r\nName: other\r\nRequires-Dist: not-this\r\n'
    expect(parseMetadata(text)).toEqual({
      name: 'torch',
      version: '2.13.0+cpu',
      requires: ['sympy>=1.13.3'],
    })
  })

  it('is refused without a name', () => {
    expect(() => parseMetadata('Version: 1.0\n\nwords')).toThrow('names no package')
  })

  it('is read from the file', async () => {
    const wheel = writeWheel(temporaryFolder(), 'torch', '2.13.0', { requires: cuda })
    expect(await readWheelMetadata(wheel)).toEqual({
      name: 'torch',
      version: '2.13.0',
      requires: cuda,
    })
  })

  it('is missing from a file that is no wheel, which is said', async () => {
    const path = write(
      join(temporaryFolder(), 'torch-2.13.0.whl'),
      'no wheel at all, but longer than an end record',
    )
    await expect(readWheelMetadata(path)).rejects.toThrow('torch-2.13.0.whl is no usable wheel')
  })
})

describe('the CUDA packages of a torch wheel', () => {
  it('are none for the CPU build', () => {
    expect(cudaRequirements(common, linux)).toEqual([])
  })

  it('are those of NVIDIA, without what only Python programs need', () => {
    expect(cudaRequirements([...common, ...cuda], linux)).toEqual([
      'cuda-toolkit[cublas,cudart,nvrtc]==13.0.3',
      'nvidia-cudnn-cu13==9.20.0.48',
    ])
  })

  it('are read with the older markers too', () => {
    const older =
      'nvidia-cublas-cu12==12.4.5.8; platform_system == "Linux" and platform_machine == "x86_64"'
    expect(cudaRequirements([older], linux)).toEqual(['nvidia-cublas-cu12==12.4.5.8'])
    expect(cudaRequirements([older], { platform: 'linux', arch: 'arm64' })).toEqual([])
    expect(cudaRequirements([older], { platform: 'darwin', arch: 'x64' })).toEqual([])
  })

  it('leave out what only an extra asks for', () => {
    expect(cudaRequirements(['nvidia-npp==13.0; extra == "all"'], linux)).toEqual([])
  })
})
