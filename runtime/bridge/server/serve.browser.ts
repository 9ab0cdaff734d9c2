/** Without Node, nothing can listen for clients. */
import { needsNode } from '../../../core/index.ts'

export const serve: typeof import('./serve.ts').serve = async () => {
  throw needsNode('openBridge')
}
