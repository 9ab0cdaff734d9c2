/** The reference kernels keep the contract, in both precisions. */
import { ReferenceKernels } from '../../kernels/index.ts'
import { kernelsContract } from './contract.ts'

kernelsContract('reference', precision => new ReferenceKernels(precision))
