/** Builds the page into `dist/dashboard`, where the bridge finds it. */
import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  plugins: [react()],
  // The package's own name, which would otherwise resolve to the built files.
  resolve: {
    alias: {
      '#open-socket': fileURLToPath(
        new URL('../runtime/bridge/client/open-socket.browser.ts', import.meta.url),
      ),
    },
  },
  // No data URLs in the page: the content security policy would have to allow them.
  build: {
    // The whole page in one chunk: 240 KB gzipped.
    chunkSizeWarningLimit: 1000,
    // The page for a phone is built by `phone.vite.config.ts`.
    rolldownOptions: {
      // The page of a run, and that of many runs, which have React and uPlot in common.
      input: ['index.html', 'runs.html'].map(page => fileURLToPath(new URL(page, import.meta.url))),
      external: id => id.endsWith('phone-start.tsx'),
      output: { paths: id => (id.endsWith('phone-start.tsx') ? './phone/phone.js' : id) },
    },
    outDir: '../dist/dashboard',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    license: { fileName: 'licenses.md' },
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
})
