/** Watches rectified units, which are dead where they are 0 for whatever comes. */
import type { Subscription } from 'rxjs'
import { check } from '../../../core/index.ts'
import { engineOf } from '../../engine/model.ts'
import type { LiveOutput } from '../../engine/node-parts.ts'
import type { Trainer } from '../trainer.ts'
import { Alarms } from './alarms.ts'
import { eachLook } from './looks.ts'

export interface DeadUnitsOptions {
  /**
   * Which share of the units of a node has to be dead. Lu et al. (2019) call a layer dying whose units are 0 for all data; with half of them, it
   * has half of its width.
   *
   * @default 0.5
   */
  readonly share?: number
  /**
   * In how many looks in a row a unit has to be 0 for all samples of the batch.
   *
   * @default 10
   */
  readonly looks?: number
  /**
   * After how many steps to look again; in the beginning more often.
   *
   * @default 100
   */
  readonly everySteps?: number
}

/** Activations that are 0 on a whole side, where their gradient is 0 as well. */
const RECTIFIERS: ReadonlySet<string> = new Set(['relu', 'relu6', 'thresholdedRelu'])

/** @throws CheckFailed */
export function watchDeadUnits(trainer: Trainer, options: DeadUnitsOptions): Subscription {
  const own = check.options(options, ['share', 'looks', 'everySteps'])
  const { share = 0.5, looks = 10, everySteps = 100 } = own
  check.fraction({ share })
  check.positiveInteger({ looks })
  check.positiveInteger({ everySteps })

  const rectifiers = [...engineOf(trainer.model).nodes.values()].flatMap(({ id, definition, outputs }) => {
    const { shape, forward } = outputs[0] as LiveOutput
    const units = shape.at(-1)
    if (!RECTIFIERS.has(definition.type) || shape.length < 2 || typeof units !== 'number') return []
    return [{ id, forward, zero: new Uint32Array(units) }]
  })
  const alarms = new Alarms(alarm => trainer.alarm(alarm))
  const look = () => {
    for (const { id, forward, zero } of rectifiers) {
      const units = zero.length
      const { data } = forward.tensor
      const isAlive = new Uint8Array(units)
      for (let i = 0; i < data.length; i += units)
        for (let unit = 0; unit < units; unit++) if (data[i + unit] !== 0) isAlive[unit] = 1
      let dead = 0
      for (let unit = 0; unit < units; unit++) {
        zero[unit] = isAlive[unit] === 1 ? 0 : (zero[unit] as number) + 1
        if ((zero[unit] as number) >= looks) dead++
      }
      alarms.set(id, dead > share * units, () => ({
        code: 'DEAD_UNITS',
        message: `${dead} of ${units} units of ${id} are dead: they were 0 for every sample in the last ${looks} batches that were looked at`,
        node: id,
      }))
    }
  }
  const subscription = eachLook(trainer, everySteps, look)
  for (const { forward } of rectifiers) subscription.add(forward.read())
  return subscription
}
