/** Operations that take longer to compute again than to write their results to memory and to read them back. */
import type { EntryOperation } from '../../core/index.ts'

export const DEAR: ReadonlySet<string> = new Set<EntryOperation>([
  'div',
  'sqrt',
  'pow',
  'exp',
  'expm1',
  'log',
  'log1p',
  'sin',
  'cos',
  'tanh',
  'sigmoid',
  'erf',
])
