import { expect, it } from 'vitest'
import { didYouMean } from './did-you-mean.js'

it('asks for the nearest candidate, at the end of a message', () => {
  expect(didYouMean('hepg-2', ['HUVEC', 'HEPG2'])).toBe(' Did you mean HEPG2?')
})

it('compares spellings where they are not the candidates themselves', () => {
  const last = (path: string) => path.split('.').at(-1) ?? path
  expect(didYouMean('ealryStopping', ['training.earlyStopping'], last)).toBe(
    ' Did you mean training.earlyStopping?',
  )
})

it('says nothing when none is near', () => {
  expect(didYouMean('bananas', ['seed', 'device'])).toBe('')
})
