/** The name of whoever sits here, which the browser remembers. */
import { nameOf } from '../runtime/bridge/protocol.ts'
import { keep, kept } from './kept.ts'

/** Before anybody has typed one. */
const USUAL = 'dashboard'

export const ownName = (): string => nameOf(kept('name') ?? '') ?? USUAL

export const keepName = (name: string): boolean => keep('name', name)
