import { check, defineLoss, type Kernels, type Tensor } from '../../core/index.ts'

export interface CtcOptions {
  /**
   * The class that stands for nothing.
   *
   * @default 0
   */
  blank?: number
}

/**
 * Connectionist temporal classification: J = the mean over samples of -ln of the probability that the predictions, once repetitions and then
 * blanks are left out, read as the target. Graves et al. (2006).
 *
 * prediction [batch, time, classes] as logits, target [batch, labels] with whole numbers other than the blank, which fills up short targets
 * at their end; lengths [batch, 1] says how many times count, all by default. What cannot be read has the loss ∞, so that the step fails: a target
 * with a blank before a label, or one for which there are too few times, a label each and one more between two that are the same.
 */
export const ctc = defineLoss({
  type: 'ctc',
  config: ({ blank = 0 }: CtcOptions = {}) => ({ blank: check.nonNegativeInteger({ blank }) }),
  inputs: ['prediction', 'target'],
  optional: ['lengths'],
  nonDifferentiable: ['target', 'lengths'],
  // Labels that are not the usual blank: what cannot be read has no loss to compare.
  domain: { target: [1, 1000] },
  examples: [
    { inputs: { prediction: [3, 6, 4], target: [3, 2] } },
    { config: { blank: 2 }, inputs: { prediction: [2, 5, 3], target: [2, 1], lengths: [2, 1] } },
  ],
  shapes({ prediction, target }, { blank }) {
    const [, time = 0, classes = 0] = prediction
    if (prediction.length !== 3 || target.length !== 2)
      throw new Error('prediction has the axes [batch, time, classes], and target [batch, labels]')
    if (blank >= (classes as number)) throw new Error(`blank is one of the ${classes} classes, from 0`)
    if ((time as number) < (target[1] as number))
      throw new Error(`${time} times are too few for ${target[1]} labels`)
    return { loss: [] }
  },
  expects: (_, { prediction }) => ({
    prediction: 'logits',
    target: { whole: [0, (prediction.at(-1) ?? 1) - 1] },
    lengths: { whole: [1, prediction[1] ?? 1] },
  }),
  forward({ prediction, target, lengths }, { blank }, { kernels: k }) {
    const [batch = 1, time = 0] = prediction.shape
    const [, labels = 0] = target.shape
    const logarithms = k.logSoftmax(prediction)
    // Blanks stand before, between and behind the labels: blank, label, blank, label, ..., blank.
    const blanks = k.fill([batch, labels, 1], blank)
    const pairs = k.concatenate([blanks, k.reshape(target, [batch, labels, 1])], 2)
    const states = k.concatenate([k.reshape(pairs, [batch, 2 * labels]), k.fill([batch, 1], blank)], 1)
    const count = 2 * labels + 1
    // ln p of each state at each time
    const scores = k.gather(
      logarithms,
      k.expand(k.reshape(states, [batch, 1, count]), [batch, time, count]),
      2,
      2,
    )
    const at = (t: number) => k.reshape(k.slice(scores, 1, t, 1), [batch, count])
    // A label may follow another one directly, unless they are the same; a blank may not be left out before a blank.
    const before = shifted(states, 2, blank, k)
    const mayJump = k.mul(k.oneMinus(k.equal(states, blank)), k.oneMinus(k.equal(states, before)))
    const isStart = k.less(k.iota(count), 2)
    let alpha = k.where(k.expand(isStart, [batch, count]), at(0), NEVER)
    for (let t = 1; t < time; t++) {
      const one = shifted(alpha, 1, NEVER, k)
      const two = k.where(mayJump, shifted(alpha, 2, NEVER, k), NEVER)
      const next = k.maximum(k.add(logSum([alpha, one, two], k), at(t)), NEVER)
      alpha = lengths ? k.where(k.less(t, lengths), next, alpha) : next
    }
    // Targets end where the blanks that fill them up begin: at the blank behind the last label, or at that label.
    const length = k.sum(k.oneMinus(k.equal(target, blank)), [1])
    const end = k.reshape(k.scale(length, 2), [batch, 1])
    const places = k.iota(count)
    const isEnd = k.maximum(k.equal(places, end), k.equal(places, k.addScalar(end, -1)))
    const ends = k.where(isEnd, alpha, NEVER)
    const most = k.keepAxes(k.max(ends, [1]), ends.shape, [1])
    const total = k.add(k.log(k.sumLastAxis(k.exp(k.sub(ends, most)))), most)
    const isPossible = k.mul(k.less(NEVER / 2, most), k.oneMinus(hasBlankInside(target, blank, k)))
    return { loss: k.neg(k.mean(k.where(isPossible, total, Number.NEGATIVE_INFINITY))) }
  },
})

/** The logarithm of what cannot be, finite so that its derivative is: far below all that can. */
const NEVER = -1e30

/** 1 for each target in which a label follows a blank, else 0: [batch, 1]. */
function hasBlankInside(target: Tensor, blank: number, k: Kernels): Tensor {
  const [batch = 1, labels = 0] = target.shape
  if (labels < 2) return k.fill([batch, 1], 0)
  const isBlank = k.equal(target, blank)
  const [before, here] = [0, 1].map(start => k.slice(isBlank, 1, start, labels - 1)) as [Tensor, Tensor]
  return k.reshape(k.max(k.mul(before, k.oneMinus(here)), [1]), [batch, 1])
}

/** Moved to the right by some places, with a number in front. */
function shifted(x: Tensor, by: number, filling: number, k: Kernels): Tensor {
  const [batch = 1, count = 0] = x.shape
  if (count <= by) return k.fill(x.shape, filling)
  return k.concatenate([k.fill([batch, by], filling), k.slice(x, 1, 0, count - by)], 1)
}

/** ln Σ eˣ, entry by entry. */
function logSum(terms: readonly Tensor[], k: Kernels): Tensor {
  const most = terms.reduce((most, x) => k.maximum(most, x))
  return k.add(most, k.log(k.addAll(terms.map(x => k.exp(k.sub(x, most))))))
}
