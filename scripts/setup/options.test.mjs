import { expect, it } from 'vitest'
import { refuseUnknown, takeSetupOptions } from './options.mjs'

it("the set-up's own flags are taken out, and the rest is left in its order", () => {
  expect(takeSetupOptions(['-t', 'name', '--system-packages', 'packages/torch'])).toEqual({
    options: { systemPackages: true, usePythonTorch: false },
    rest: ['-t', 'name', 'packages/torch'],
  })
})

it('an unknown option is a usage fault', () => {
  expect(() => refuseUnknown(['--fast'], 'npm run setup')).toThrow(
    expect.objectContaining({ message: 'unknown option "--fast"', exitCode: 2 }),
  )
})
