/** gradstream as a contestant: whole training steps through `createTrainer`. Arguments: kernels, threads. */
import { readFileSync } from 'node:fs'
import type { KernelsName } from '../gradstream.ts'
import type { LayeredName } from '../layered.ts'
import { NETS, netOf } from '../nets.ts'
import { serve } from '../protocol.ts'

const [kernels = 'auto', threads = '1'] = process.argv.slice(2)

await serve(async () => {
  const { layeredTrainerOf, trainerOf } = await import('../gradstream.ts')
  const options = { kernels: kernels as KernelsName, threads: Number(threads) }
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  // Made once up front, so that kernels that cannot run here are reported at the start.
  const { name, precision, description } = trainerOf(NETS.S, options).model.kernels
  return {
    versions: {
      gradstream: version,
      [`gradstream ${name}, threads: ${threads}, Node ${process.version}`]: `${precision}, ${description}`,
    },
    prepare(net) {
      const dense = netOf(net)
      const trainer = dense
        ? trainerOf(dense, options).trainer
        : layeredTrainerOf(net as LayeredName, options)
      return steps => trainer.step(steps)
    },
  }
})
