/** Builds the page for a phone into `dist/dashboard/phone`, with Preact in the place of React, which has a tenth of its size. */
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  root: at('.'),
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  define: { 'process.env.NODE_ENV': '"production"' },
  resolve: {
    alias: {
      '#open-socket': at('../runtime/bridge/client/open-socket.browser.ts'),
      'react-dom/client': 'preact/compat/client',
      react: 'preact/compat',
    },
  },
  publicDir: false,
  build: {
    outDir: '../dist/dashboard/phone',
    emptyOutDir: true,
    lib: { entry: at('phone-start.tsx'), formats: ['es'], fileName: () => 'phone.js' },
    license: { fileName: 'licenses.md' },
    minify: true,
    reportCompressedSize: false,
  },
})
