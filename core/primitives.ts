/**
 * The primitive operations: what everything that is computed is made of.
 *
 * They come in kinds. Those of one kind have the same rule for shapes, and are treated alike by everybody who runs a
 * program. `docs/mathematics.md` has what each computes.
 */

/** Entry by entry; the number of operands stands beside the name. Shapes are combined by NumPy's broadcasting. */
export const ENTRY_OPERATIONS = {
  add: 2,
  sub: 2,
  mul: 2,
  div: 2,
  max: 2,
  min: 2,
  less: 2,
  equal: 2,
  where: 3,
  neg: 1,
  abs: 1,
  floor: 1,
  sqrt: 1,
  exp: 1,
  expm1: 1,
  log: 1,
  log1p: 1,
  tanh: 1,
  erf: 1,
} as const
export type EntryOperation = keyof typeof ENTRY_OPERATIONS

/** What a reduction does along the axes that it removes. */
export const FOLDS = ['sum', 'max', 'min'] as const
export type Fold = (typeof FOLDS)[number]
