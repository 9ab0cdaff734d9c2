import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const door = (file: string) => fileURLToPath(new URL(file, import.meta.url))

export default defineConfig({
  resolve: {
    // The tests reach the sources through the public doors' own names, as the examples and the README do.
    alias: [
      { find: /^gradstream$/, replacement: door('./index.ts') },
      { find: /^gradstream\/client$/, replacement: door('./client.ts') },
      { find: /^gradstream\/testing$/, replacement: door('./testing.ts') },
      { find: /^gradstream\/terminal$/, replacement: door('./terminal.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/support/one-browser.ts',
    testTimeout: 60_000,
    // By default one core is left to the terminal.
    maxWorkers: '100%',
    expect: { poll: { timeout: 20_000 } },
  },
})
