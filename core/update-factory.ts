/** The factories of what gives an update: of optimizers, and of the links behind them. */
import type { Config, OptimizerDefinition, WeightLinkDefinition } from './definition.ts'
import { callOf, layerOf, nodeFunction, thingOfFactory } from './factory.ts'
import { Port, portsOf } from './port.ts'
import { THING } from './things.ts'

/** Takes options, then a port, and gives an update; `demand` checks the config that the options make. */
export function updateFactory(
  definition: OptimizerDefinition | WeightLinkDefinition,
  demand: (config: Config) => void = () => undefined,
) {
  const factory = (options?: unknown, ...more: unknown[]) => {
    const layer = layerOf(definition, options, more)
    demand(layer.config)
    return nodeFunction(layer, (given: Port) => {
      const inputs = portsOf(layer, () => callOf(layer), [given])
      return new Port<'update'>({ layer, inputs }, 'update')
    })
  }
  return Object.assign(factory, { definition, [THING]: thingOfFactory(definition) })
}
