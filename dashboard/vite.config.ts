/** Builds the page into `dist/dashboard`, where the bridge finds it. */
import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { build, defineConfig, type Plugin, type Rolldown } from 'vite'
import phone from './phone.vite.config.ts'

/** Puts the page for a phone among the files, and its script where that is imported. */
async function withPhone(): Promise<{ plugin: Plugin; path: string }> {
  const { output } = (await build({ ...phone, configFile: false })) as Rolldown.RolldownOutput
  const [script] = output
  return {
    path: `./${script.fileName}`,
    plugin: {
      name: 'phone',
      generateBundle() {
        for (const file of output) {
          const source = file.type === 'chunk' ? file.code : file.source
          this.emitFile({ type: 'asset', fileName: file.fileName, source })
        }
      },
    },
  }
}

const own = await withPhone()
const isPhone = (id: string) => id.endsWith('phone-start.tsx')

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  plugins: [react(), own.plugin],
  // The package's own name, which would otherwise resolve to the built files.
  resolve: {
    alias: {
      '#open-socket': fileURLToPath(
        new URL('../runtime/bridge/client/open-socket.browser.ts', import.meta.url),
      ),
      './elsewhere.ts': fileURLToPath(new URL('no-elsewhere.ts', import.meta.url)),
    },
  },
  // No data URLs in the page: the content security policy would have to allow them.
  build: {
    // `test/dashboard/size.test.ts` says how much all of it may be, gzipped.
    chunkSizeWarningLimit: 1000,
    // The page for a phone is built by `phone.vite.config.ts`.
    rolldownOptions: {
      // The page of a run, and that of many runs, which have React and uPlot in common.
      input: ['index.html', 'runs.html'].map(page => fileURLToPath(new URL(page, import.meta.url))),
      external: isPhone,
      output: { paths: id => (isPhone(id) ? own.path : id) },
    },
    outDir: '../dist/dashboard',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    license: { fileName: 'licenses.md' },
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
})
