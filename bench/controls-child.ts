/** Trains a benchmark network at full speed, with its page: the process behind the controls. The argument names the network. */
import { gradstream, trainerOf } from './gradstream.ts'
import { NETS, type NetName } from './nets.ts'

const net = NETS[process.argv[2] as NetName]
const { trainer } = trainerOf(net, {})
const bridge = await gradstream.openBridge(trainer, { port: 0, print: () => undefined })
void trainer.run()
process.on('disconnect', () => process.exit())
process.on('message', () => process.send?.({ step: trainer.state.step, time: performance.now() }))
process.send?.({ url: bridge.url })
