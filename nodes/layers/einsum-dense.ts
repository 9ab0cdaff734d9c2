import { CheckFailed, check, defineNode, type PortShape, show } from '../../core/index.ts'
import { checkedInitializer, type InitializerOption } from '../initializers/index.ts'

export interface EinsumDenseOptions {
  /** Which axes are multiplied and summed, in letters: `'bti,io->bto'` for x, kernel and y. Required. */
  equation: string
  /** The lengths of the axes of y behind the batch; `null` for those that x has. Required. */
  outputShape: readonly (number | null)[]
  /**
   * The letters of the axes of y along which a bias is added; none without.
   *
   * @default ''
   */
  biasAxes?: string
  /**
   * The first values of the kernel.
   *
   * @default 'glorotUniform'
   */
  kernelInitializer?: InitializerOption
}

/**
 * A dense layer over any axes: y = the sum of x · kernel over the letters that y does not have, + bias, as in NumPy's einsum. A letter is
 * an axis; what x and the kernel share and y has is multiplied entry by entry, what y lacks is summed over.
 */
export const einsumDense = defineNode({
  type: 'einsumDense',
  config({ equation, outputShape, biasAxes = '', kernelInitializer = 'glorotUniform' }: EinsumDenseOptions) {
    const { y } = lettersOf(check.text({ equation }))
    check.list(
      { outputShape },
      'of lengths, with null for those that x has',
      one => one === null || (Number.isSafeInteger(one) && one > 0),
    )
    if (outputShape.length !== y.length - 1)
      throw new CheckFailed(
        `outputShape with ${y.length - 1} lengths, for "${y.slice(1)}"`,
        show(outputShape),
        { option: 'outputShape' },
      )
    const stray = [...biasAxes].find(letter => !y.slice(1).includes(letter))
    if (stray !== undefined)
      throw new CheckFailed(`biasAxes to be among the letters "${y.slice(1)}" of y`, show(biasAxes), {
        option: 'biasAxes',
      })
    return {
      equation,
      outputShape: [...outputShape],
      biasAxes,
      kernelInitializer: checkedInitializer({ kernelInitializer }),
    }
  },
  inputs: ['x'],
  outputs: ['y'],
  examples: [
    { config: { equation: 'bi,io->bo', outputShape: [3], biasAxes: 'o' }, inputs: { x: [4, 5] } },
    {
      config: { equation: 'bti,ihd->bthd', outputShape: [null, 2, 3], biasAxes: 'hd' },
      inputs: { x: [2, 4, 5] },
    },
    { config: { equation: 'bthd,hdo->bto', outputShape: [null, 4] }, inputs: { x: [3, 2, 2, 3] } },
    { config: { equation: 'bhi,hio->boh', outputShape: [2, null], biasAxes: 'h' }, inputs: { x: [3, 2, 4] } },
  ],
  shapes({ x }, config) {
    const lengths = lengthsOf(x, config)
    return {
      y: [
        x[0] ?? null,
        ...[...lettersOf(config.equation).y].slice(1).map(letter => lengths.get(letter) as number),
      ],
    }
  },
  parameters({ x }, config) {
    const { kernel, y } = lettersOf(config.equation)
    const lengths = lengthsOf(x, config)
    const sizes = (letters: string) => [...letters].map(letter => lengths.get(letter) as number)
    const { biasAxes, kernelInitializer } = config
    // One number for each letter of biasAxes, and 1 for the others behind the first of them.
    const behind = y.slice(Math.max(y.search(new RegExp(`[${biasAxes || ' '}]`)), 0))
    const biasShape = [...behind].map(letter =>
      biasAxes.includes(letter) ? (lengths.get(letter) as number) : 1,
    )
    return {
      kernel: { shape: sizes(kernel), initializer: kernelInitializer },
      bias: biasAxes === '' ? undefined : { shape: biasShape, initializer: 'zeros' },
    }
  },
  forward({ x, kernel, bias }, { equation }, { kernels: k }) {
    const letters = lettersOf(equation)
    const shared = [...letters.x].filter(letter => letters.kernel.includes(letter))
    const pair = (letter: string) => [letters.x.indexOf(letter), letters.kernel.indexOf(letter)] as const
    const kept = shared.filter(letter => letters.y.includes(letter))
    const summed = shared.filter(letter => !letters.y.includes(letter))
    const product = k.contract(x, kernel, { batch: kept.map(pair), sum: summed.map(pair) })
    // What is kept comes first, then what only x has, then what only the kernel has.
    const only = (own: string) => [...own].filter(letter => !shared.includes(letter))
    const order = [...kept, ...only(letters.x), ...only(letters.kernel)]
    const y = k.permute(
      product,
      [...letters.y].map(letter => order.indexOf(letter)),
    )
    return { y: bias ? k.add(y, bias) : y }
  },
})

/** The letters of x, kernel and y. */
function lettersOf(equation: string): { readonly x: string; readonly kernel: string; readonly y: string } {
  const [, x = '', kernel = '', y = ''] = /^([a-zA-Z]+),([a-zA-Z]+)->([a-zA-Z]+)$/.exec(equation) ?? []
  const isOnce = [x, kernel, y].every(own => new Set(own).size === own.length)
  const isKnown = [...y].every(letter => x.includes(letter) || kernel.includes(letter))
  const isUsed = [...x, ...kernel].every(
    letter => y.includes(letter) || (x.includes(letter) && kernel.includes(letter)),
  )
  const hasBatch = x !== '' && x[0] === y[0] && !kernel.includes(x[0] as string)
  if (isOnce && isKnown && isUsed && hasBatch) return { x, kernel, y }
  throw new CheckFailed(
    "equation to be three words of letters, such as 'bti,io->bto': each axis once, the batch first in x and y, and each letter in two of them",
    show(equation),
    { option: 'equation' },
  )
}

/** The length of each axis by its letter, from x and from what is told of y. */
function lengthsOf(
  x: PortShape,
  { equation, outputShape }: { readonly equation: string; readonly outputShape: readonly (number | null)[] },
): Map<string, number> {
  const letters = lettersOf(equation)
  if (x.length !== letters.x.length)
    throw new Error(`"${letters.x}" has ${letters.x.length} axes, and x has ${x.length}`)
  const lengths = new Map([...letters.x].map((letter, i) => [letter, x[i] as number]))
  for (const [i, letter] of [...letters.y].slice(1).entries()) {
    const told = outputShape[i]
    const known = lengths.get(letter)
    if (told === null && known === undefined) throw new Error(`the length of "${letter}" is nowhere told`)
    if (told !== null && known !== undefined && told !== known)
      throw new Error(`"${letter}" has ${known} entries in x, and ${told} in outputShape`)
    lengths.set(letter, (told ?? known) as number)
  }
  return lengths
}
