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
    // The page of a run, and that of many runs, which have React and uPlot in common.
    rolldownOptions: {
      input: ['index.html', 'runs.html'].map(page => fileURLToPath(new URL(page, import.meta.url))),
    },
    chunkSizeWarningLimit: 1000,
    outDir: '../dist/dashboard',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    license: { fileName: 'licenses.md' },
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
})
