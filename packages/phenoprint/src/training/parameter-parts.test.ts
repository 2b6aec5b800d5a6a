import { expect, it } from 'vitest'
import { configSchema } from '../config/config.js'
import { ConfigError } from '../errors.js'
import { createNetwork } from '../models/create-network.js'
import { modelSection } from '../models/reference.test.support.js'
import { createOptimiser, setLearningRate } from './create-optimiser.js'
import { parameterParts } from './parameter-parts.js'

const shape = { channels: 2, classes: 3 }
const network = () => createNetwork(modelSection({ architecture: 'resnet18' }), shape)

function section(training: object) {
  return configSchema.parse({ training }).training
}

it('leaves out what is frozen and sorts the rest into groups with rates of their own', () => {
  using own = network()
  const settings = section({
    freeze: ['conv1', 'layer1.0'],
    optimiser: {
      groups: [
        { parts: ['layer4', 'fc'], rateFactor: 0.1 },
        { parts: ['layer3.1', 'layer4'], weightDecay: 0.5 },
      ],
    },
  })
  const parts = parameterParts(own, settings)
  const nameOf = new Map([...own.namedParameters()].map(([name, value]) => [value, name]))
  const names = parts.map(({ parameters }) => parameters.map((value) => nameOf.get(value) ?? ''))
  expect(names[0]).toContain('bn1.weight')
  expect(names[0]).toContain('layer1.1.conv1.weight')
  expect(names[0]).toContain('layer3.0.conv1.weight')
  expect(names[1]?.every((name) => /^(layer4|fc)\./.test(name))).toBe(true)
  expect(names[1]).toContain('fc.bias')
  expect(names[2]?.every((name) => name.startsWith('layer3.1.'))).toBe(true)
  const frozen = [...own.namedParameters()].filter(([, value]) => !value.requiresGrad)
  expect(frozen.map(([name]) => name)).toEqual(
    [...own.namedParameters().keys()].filter((name) => /^(conv1|layer1\.0)\./.test(name)),
  )
  expect(names.flat().length + frozen.length).toBe(own.namedParameters().size)

  using optimiser = createOptimiser(settings, parts)
  setLearningRate(optimiser, parts, 0.5)
  expect(optimiser.groups.map(({ learningRate }) => learningRate)).toEqual([0.5, 0.05, 0.5])
  expect(optimiser.groups.map(({ weightDecay }) => weightDecay)).toEqual([0, 0, 0.5])
})

it('does not take layer1 for layer10, nor a part that is not there', () => {
  using own = network()
  const attempt = (training: object) => () => parameterParts(own, section(training))
  expect(attempt({ freeze: ['layer'] })).toThrow(ConfigError)
  expect(attempt({ freeze: ['layer1.conv1'] })).toThrow('training.freeze: got "layer1.conv1"')
  expect(attempt({ optimiser: { groups: [{ parts: ['fcs'] }] } })).toThrow('Did you mean fc?')
})

it('refuses to freeze everything', () => {
  using whole = network()
  const everything = ['conv1', 'bn1', 'layer1', 'layer2', 'layer3', 'layer4', 'fc']
  expect(() => parameterParts(whole, section({ freeze: everything }))).toThrow(
    'expected some parameters to be left',
  )
})
