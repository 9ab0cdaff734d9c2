/** `model.summary()`: the network as a table. */
import { showShape, sizeOf } from '../../core/index.ts'
import type { Engine } from './engine.ts'
import { table } from './table.ts'

const HEAD = ['node', 'type', 'output shape', 'parameters', 'fed by']
const ALIGN = ['left', 'left', 'left', 'right', 'left'] as const

export function summarize(engine: Engine): string {
  const rows: string[][] = []
  for (const { id, resolved, outputs, parameters } of engine.nodes.values()) {
    const { entry, owner, inputs } = resolved
    const count = parameters.reduce((sum, [, { shape }]) => sum + sizeOf(shape), 0)
    const isFrozen = count > 0 && parameters.every(([, { trainable, frozen }]) => !trainable || frozen)
    const note = owner !== resolved ? ` (of ${owner.id})` : isFrozen ? ' (frozen)' : ''
    const shapes = outputs.map(({ shape }) => showShape(shape)).join(', ')
    const feeding = [...new Set(inputs.map(({ producer }) => producer.id))].join(', ')
    rows.push([id, entry.type, shapes, count.toLocaleString('en') + note, feeding])
  }
  for (const { id, resolved, parameters, behind } of engine.optimizers) {
    const count = parameters.reduce((sum, { shape, frozen }) => sum + (frozen ? 0 : sizeOf(shape)), 0)
    const loss = resolved.inputs[0]?.producer.id ?? ''
    rows.push([id, resolved.entry.type, '', `trains ${count.toLocaleString('en')}`, loss])
    for (const { node, takes } of behind) {
      const taken = parameters.reduce((sum, { key, shape }) => sum + (takes.has(key) ? sizeOf(shape) : 0), 0)
      const before = node.inputs[0]?.producer.id ?? ''
      rows.push([node.id, node.entry.type, '', `takes ${taken.toLocaleString('en')}`, before])
    }
  }
  const all = [...engine.parameters.values()]
  const total = all.reduce((sum, { shape }) => sum + sizeOf(shape), 0)
  const trained = all.reduce(
    (sum, { shape, claimed, frozen }) => sum + (claimed && !frozen ? sizeOf(shape) : 0),
    0,
  )
  const { name, precision, description } = engine.kernels
  return [
    table(HEAD, rows, ALIGN),
    `${total.toLocaleString('en')} parameters, ${trained.toLocaleString('en')} trained`,
    `kernels: ${name}, ${precision}: ${description}`,
  ].join('\n')
}
