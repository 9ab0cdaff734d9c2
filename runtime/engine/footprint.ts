/** How much memory a model needs, known before any of it is allocated. */
import {
  GradstreamError,
  type Inspection,
  type Kernels,
  type OptimizerDefinition,
  type ParameterSpec,
  showBytes,
  sizeOf,
  slotsFor,
} from '../../core/index.ts'

/** Bytes of a number. */
const NUMBER = { float32: 4, float64: 8 } as const

/** A parameter in training has two values in turn, a gradient, and two contents in turn of each slot; state has two. */
export function parameterNumbers({ nodes, plan }: Inspection): number {
  const slots = new Map<string, number>()
  for (const [{ definition, config }, ids] of plan.claims) {
    for (const { node, name } of ids) {
      const { shape } = node.parameters[name] as ParameterSpec
      const own = slotsFor(definition as OptimizerDefinition, config, shape)
      slots.set(
        `${node.id}.${name}`,
        own.reduce((sum, slot) => sum + sizeOf(slot.shape), 0),
      )
    }
  }
  let numbers = 0
  for (const node of nodes) {
    if (node.owner !== node) continue
    for (const [name, { shape }] of Object.entries(node.parameters)) {
      const claimed = slots.get(`${node.id}.${name}`)
      numbers += claimed === undefined ? sizeOf(shape) : 3 * sizeOf(shape) + 2 * claimed
    }
    for (const { shape } of Object.values(node.state)) numbers += 2 * sizeOf(shape)
  }
  return numbers
}

/** @throws GradstreamError `OUT_OF_MEMORY` where the parameters alone are more than the kernels have memory for. */
export function demandMemory(inspection: Inspection, { limit, name, precision }: Kernels): void {
  const bytes = parameterNumbers(inspection) * NUMBER[precision]
  if (bytes <= limit) return
  throw new GradstreamError('OUT_OF_MEMORY', {
    place: 'compile',
    expected: `at most ${showBytes(limit)} for the ${name} kernels`,
    got: `${showBytes(bytes)} for parameters, gradients and optimizer slots`,
  })
}
