import { check, type PortShape } from '../../core/index.ts'

/** The parameters of normalizations: gamma, which scales each feature, and beta, which shifts it. */
export const scaleAndShift = ({ x }: { readonly x: PortShape }) =>
  ({
    gamma: { shape: [check.lastAxis({ x })], initializer: 'ones' },
    beta: { shape: [check.lastAxis({ x })], initializer: 'zeros' },
  }) as const
