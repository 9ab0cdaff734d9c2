/**
 * The terminal entry point in browsers: code that imports these functions loads, and calling them throws an
 * explanation.
 */
import { needsNode } from './core/index.ts'

type Terminal = typeof import('./terminal.ts')

const forbid = (name: string) => (): never => {
  throw needsNode(
    name,
    'Show the run on the page: model.node(...), trainer.events$ and trainer.state$ are streams.',
  )
}

export const confusionMatrix: Terminal['confusionMatrix'] = forbid('confusionMatrix')
export const lossCurve: Terminal['lossCurve'] = forbid('lossCurve')
export const showProgress: Terminal['showProgress'] = forbid('showProgress')
