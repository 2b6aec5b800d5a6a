import { defineConfig } from 'vitest/config'

// Tests run as compiled: what is tested is what is shipped, worker threads included.
export default defineConfig({
  // The limits are for what hangs; a machine may be slow, and busy.
  test: {
    include: ['packages/*/dist/**/*.test.js', 'scripts/**/*.test.mjs', 'bench/**/*.test.mjs'],
    globalSetup: 'scripts/test/oracles/setup.mjs',
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 180_000,
    hookTimeout: 240_000,
  },
})
