/** Builds the page for a phone, with Preact in the place of React, which has a tenth of its size. `vite.config.ts` puts it beside the other pages. */
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
      './elsewhere.ts': at('no-elsewhere.ts'),
      'react-dom/client': 'preact/compat/client',
      react: 'preact/compat',
    },
  },
  publicDir: false,
  logLevel: 'warn',
  build: {
    write: false,
    rolldownOptions: {
      input: at('phone-start.tsx'),
      preserveEntrySignatures: 'strict',
      // As of the other scripts: what has another content has another name, so that a browser may keep it.
      output: { entryFileNames: 'assets/phone-[hash].js' },
    },
    modulePreload: { polyfill: false },
    license: { fileName: 'licenses-of-phone.md' },
    minify: true,
    reportCompressedSize: false,
  },
})
