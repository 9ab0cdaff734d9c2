/** Watches the gradients of parameters: they should neither explode nor vanish. */
import type { Subscription } from 'rxjs'
import { CheckFailed, check, type Numbers } from '../../../core/index.ts'
import { engineOf } from '../../engine/model.ts'
import { short } from '../short.ts'
import type { Trainer } from '../trainer.ts'
import { Alarms } from './alarms.ts'
import { eachLook } from './looks.ts'

export interface GradientsOptions {
  /**
   * How many times the largest norm that they began with is too much. Pascanu, Mikolov and Bengio (2013) clip at up to ten times the usual
   * norm; ten times that is no outlier any more.
   *
   * @default 100
   */
  readonly exploding?: number
  /**
   * Which share of the largest gradient of all nodes is too little, by the root of the mean square. Ten sigmoids in a row leave about as
   * much, a quarter each (Glorot and Bengio, 2010).
   *
   * @default 1e-6
   */
  readonly vanishing?: number
  /**
   * After how many steps to look again; in the beginning more often.
   *
   * @default 100
   */
  readonly everySteps?: number
}

/** So many looks say what gradients began with. */
const BEGINNING = 10
/** So many looks in a row have to find the same, since a batch may leave a node out. */
const IN_A_ROW = 3

/** @throws CheckFailed */
export function watchGradients(trainer: Trainer, options: GradientsOptions): Subscription {
  const own = check.options(options, ['exploding', 'vanishing', 'everySteps'])
  const { exploding = 100, vanishing = 1e-6, everySteps = 100 } = own
  if (check.positiveNumber({ exploding }) <= 1)
    throw new CheckFailed('exploding to be more than 1', String(exploding), { option: 'exploding' })
  check.fraction({ vanishing })
  check.positiveInteger({ everySteps })

  const engine = engineOf(trainer.model)
  const nodes = [...engine.nodes.values()].flatMap(({ id, resolved, parameters }) => {
    const trained = parameters.flatMap(([, parameter]) => (parameter.claimed ? [parameter] : []))
    return resolved.owner === resolved && trained.length > 0 ? [{ id, trained, small: 0 }] : []
  })
  const alarms = new Alarms(alarm => trainer.alarm(alarm))
  let looks = 0
  let beginning = 0

  const look = () => {
    let squares = 0
    const found = nodes.flatMap(node => {
      let largest = 0
      const moving = node.trained.filter(({ frozen }) => !frozen)
      for (const { gradient } of moving) {
        const own = squaresIn(gradient.tensor.data)
        squares += own
        largest = Math.max(largest, Math.sqrt(own / gradient.tensor.size))
      }
      return moving.length > 0 ? [{ node, largest }] : []
    })
    if (found.length === 0) return
    const most = found.reduce((a, b) => (b.largest > a.largest ? b : a))
    const norm = Math.sqrt(squares)
    const times = norm / beginning
    alarms.set('exploding', looks >= IN_A_ROW && times > exploding, () => ({
      code: 'EXPLODING_GRADIENTS',
      message: `the gradients explode: their norm is ${short(norm)}, ${short(times)} times the largest they began with; most is in ${most.node.id}`,
      node: most.node.id,
    }))
    if (looks++ < BEGINNING) beginning = Math.max(beginning, norm)
    for (const { node, largest } of found) {
      node.small = largest < vanishing * most.largest ? node.small + 1 : 0
      alarms.set(`vanishing ${node.id}`, node.small >= IN_A_ROW, () => ({
        code: 'VANISHING_GRADIENTS',
        message: `the gradients of ${node.id} vanish: they are ${short(largest / most.largest)} times those of ${most.node.id}`,
        node: node.id,
      }))
    }
  }
  const subscription = eachLook(trainer, everySteps, look)
  for (const { trained } of nodes) for (const { gradient } of trained) subscription.add(gradient.read())
  return subscription
}

/** Four times as fast as all the statistics of a tensor, of which nothing else is asked here. */
function squaresIn(data: Numbers): number {
  let sum = 0
  for (let i = 0; i < data.length; i++) sum += (data[i] as number) ** 2
  return sum
}
