import { expect, it } from 'vitest'
import { decodeArchitecture, scaleChannels } from './efficientnet-scaling.js'

it.each([
  [32, 1.0, 32],
  [32, 1.1, 32], // 35.2: nearer to 32
  [40, 1.1, 48], // 44: halves go up
  [24, 1.4, 32], // 33.6
  [16, 0.9, 16], // 14.4
  [10, 1.0, 16], // 8 would be more than a tenth below
])('%i channels times %f are %i', (channels, width, expected) => {
  expect(scaleChannels(channels, width)).toBe(expected)
})

it('drops more of the residual branches the deeper they are', () => {
  const rates = decodeArchitecture('efficientnet-b0', 0.2)
    .blocks.flat()
    .map((block) => block.dropConnect)
  expect(rates).toHaveLength(16)
  rates.forEach((rate, index) => {
    expect(rate).toBeCloseTo((0.2 * index) / 16, 12)
  })
})

it('decodes B3 as timm builds it', () => {
  const { stemChannels, headChannels, dropout, blocks } = decodeArchitecture('efficientnet-b3', 0)
  expect({ stemChannels, headChannels, dropout }).toEqual({
    stemChannels: 40,
    headChannels: 1536,
    dropout: 0.3,
  })
  expect(blocks.map((stage) => stage.length)).toEqual([2, 3, 3, 5, 5, 6, 2])
  expect(blocks.map((stage) => stage.at(-1)?.outChannels)).toEqual([24, 32, 48, 96, 136, 232, 384])
  expect(blocks.map((stage) => stage[0]?.stride)).toEqual([1, 2, 2, 2, 1, 2, 1])
  expect(blocks[2]?.[0]).toEqual({
    inChannels: 32,
    middleChannels: 192,
    outChannels: 48,
    kernelSize: 5,
    stride: 2,
    expands: true,
    squeezedChannels: 8,
    residual: false,
    dropConnect: 0,
  })
})
