/** Builds the page into `dist/dashboard`, where the bridge finds it. */
import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  plugins: [react()],
  // The sources' own name, which would lead to what has been built of them.
  resolve: {
    alias: {
      '#open-socket': fileURLToPath(
        new URL('../runtime/bridge/client/open-socket.browser.ts', import.meta.url),
      ),
    },
  },
  // No pictures in the page as data: they would have to be allowed.
  build: {
    // Everything that the page needs, at once: 200 KB gzipped.
    chunkSizeWarningLimit: 1000,
    outDir: '../dist/dashboard',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    license: { fileName: 'licenses.md' },
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
})
