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

/** A parameter in training has two values in turn, a gradient, and two contents in turn of each slot and copy; state has two. */
export function parameterNumbers({ nodes, plan, weightLinks }: Inspection): number {
  const slots = new Map<string, number>()
  for (const [optimizer, ids] of plan.claims) {
    const { definition, config } = optimizer
    for (const { node, name } of ids) {
      const key = `${node.id}.${name}`
      const { shape } = node.parameters[name] as ParameterSpec
      const own = slotsFor(definition as OptimizerDefinition, config, shape)
      const taking = (weightLinks.get(optimizer) ?? []).filter(({ takes }) => takes.has(key))
      const copies = taking.reduce((sum, link) => sum + link.definition.copies.length, 0)
      slots.set(
        key,
        own.reduce((sum, slot) => sum + sizeOf(slot.shape), copies * sizeOf(shape)),
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
