/** `node build.js NAME`: builds page.js with one of the bundlers into a folder of that name, and tells what was warned of. */
import commonjs from '@rollup/plugin-commonjs'
import nodeResolve from '@rollup/plugin-node-resolve'
import replace from '@rollup/plugin-replace'
import * as esbuild from 'esbuild'
import { rollup } from 'rollup'
import * as vite7 from 'vite-7'
import * as vite8 from 'vite-8'
import webpack from 'webpack'

const warnings = []
const warn = warning => warnings.push(String(warning?.message ?? warning))
const name = process.argv[2]

const buildByVite = ({ build }) =>
  build({
    configFile: false,
    logLevel: 'silent',
    build: {
      outDir: name,
      // The page imports all that there is; its size says nothing about whether it is built well.
      chunkSizeWarningLimit: 1000,
      rollupOptions: { input: 'page.js', output: { entryFileNames: 'page.js' }, onwarn: warn },
    },
  })

const bundlers = {
  'vite-7': () => buildByVite(vite7),
  'vite-8': () => buildByVite(vite8),
  async esbuild() {
    const settings = { entryPoints: ['page.js'], outfile: `${name}/page.js`, bundle: true, minify: true }
    const built = await esbuild.build({ ...settings, logLevel: 'silent' })
    for (const { text } of built.warnings) warn(text)
  },
  async rollup() {
    // Immer asks for the mode, which other bundlers tell of themselves.
    const mode = { 'process.env.NODE_ENV': '"production"', preventAssignment: true }
    const plugins = [nodeResolve({ browser: true }), commonjs(), replace(mode)]
    const bundle = await rollup({ input: 'page.js', plugins, onwarn: warn })
    await bundle.write({ dir: name })
  },
  async webpack() {
    const output = { path: `${process.cwd()}/${name}`, filename: 'page.js' }
    const settings = { mode: 'production', entry: './page.js', output, performance: { hints: false } }
    const stats = await new Promise((resolve, reject) =>
      webpack(settings, (error, stats) => (error ? reject(error) : resolve(stats))),
    )
    const told = stats.toJson({ all: false, errors: true, warnings: true })
    for (const message of [...told.errors, ...told.warnings]) warn(message)
  },
}

await bundlers[name]()
console.log(JSON.stringify(warnings))
