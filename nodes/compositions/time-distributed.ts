import { block, check, checkedAt, type Port } from '../../core/index.ts'
import { foldTime } from '../shaping/fold-time.ts'
import { unfoldTime } from '../shaping/unfold-time.ts'

/**
 * A part of a network that is applied to each step of a sequence, with the same parameters, as a block: [batch, time, ...] becomes
 * [batch, time, ...], where the axes behind the time are those that the layer makes. Normalizations in it see the steps of all samples of
 * a batch as one batch, and each step has a dropout of its own.
 *
 * Layers that are made inside the function are named inside, `timeDistributed1/conv2d1`; a layer that is made outside keeps its name, and shares
 * its parameters with its other uses.
 *
 * @param layer a function of ports. Further inputs, such as masks, are sequences, too, and it gets their steps.
 * @throws GradstreamError `INVALID_OPTION`
 * @example const y = video.pipe(timeDistributed(x => x.pipe(conv2d({ filters: 8, kernelSize: 3 }), globalAveragePooling2d())), lstm({ units: 16 }))
 */
export function timeDistributed(
  layer: (x: Port, ...more: Port[]) => Port,
): (x: Port, ...more: Port[]) => Port {
  checkedAt('timeDistributed', 'INVALID_OPTION', () => check.callable({ layer }))
  return block('timeDistributed', (x: Port, ...more: Port[]) => {
    const steps = more.map(port => foldTime()(port) as Port)
    const y = foldTime()(x).pipe(steps.length === 0 ? layer : step => layer(step, ...steps))
    return unfoldTime()(y, x) as Port
  })
}
