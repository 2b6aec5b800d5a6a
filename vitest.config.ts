import { defineConfig } from 'vitest/config'

// Tests run as compiled: what is tested is what is shipped, worker threads included.
export default defineConfig({
  test: {
    include: ['packages/*/dist/**/*.test.js', 'scripts/**/*.test.mjs', 'bench/**/*.test.mjs'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
})
