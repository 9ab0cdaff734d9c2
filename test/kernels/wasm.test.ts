import { createKernels } from '../../kernels/index.ts'
import { kernelsContract } from './contract.ts'

kernelsContract('wasm', precision => createKernels({ kernels: 'wasm', precision }), ['float32'])
