import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { doors } from './test/support/doors.ts'

const ATTACKS = 'test/runtime/bridge/attacks/*.test.ts'

/** Those that take their time with a browser. `npm test` leaves them out, and so do runs where only Node is another. */
const PAGES = [
  'test/dashboard/{address,annotations,charts,editing,graph,header,in-firefox,links,look}.test.ts',
  'test/dashboard/{outcome-views,outcomes,panel,people,phone,proxied,runs,standing,steering,system,versions}.test.ts',
]

/** Those that take their time with other programs: compilers, bundlers, a proxy, the examples, runs that are killed, or with shares of it. `npm test` leaves them out. */
const SLOW = [
  'test/docs/code.test.ts',
  'test/examples.test.ts',
  'test/packaging/*.test.ts',
  'test/runtime/bridge/{proxy,share}.test.ts',
  'test/runtime/cli/cli.test.ts',
  'test/runtime/training/crash.test.ts',
]

export default defineConfig({
  resolve: { alias: doors },
  test: {
    // What tries ten times as much may take ten times as long, also on a busy machine.
    testTimeout: process.env.TEST_COUNTS === 'full' ? 600_000 : 120_000,
    hookTimeout: 120_000,
    // One more than there are cores, since those that wait for a browser or a socket need none.
    maxWorkers: availableParallelism() + 1,
    // With more room for young objects, they are collected less often: a seventh of the time.
    execArgv: ['--max-semi-space-size=64'],
    expect: { poll: { timeout: 60_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'all',
          include: ['test/**/*.test.ts'],
          exclude: [ATTACKS, ...PAGES, ...SLOW],
          globalSetup: 'test/support/one-browser.ts',
          // Reloading the sources for each file would take a quarter of the time of all tests.
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'pages',
          include: PAGES,
          globalSetup: 'test/support/one-browser.ts',
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'slow',
          include: SLOW,
          globalSetup: 'test/support/one-browser.ts',
          isolate: false,
        },
      },
      // They try a bridge whose guards can be taken out, so they need sources of their own.
      {
        extends: true,
        test: {
          name: 'attacks',
          include: [ATTACKS],
          setupFiles: 'test/runtime/bridge/attacks/guards.ts',
          isolate: false,
        },
      },
    ],
  },
})
