/** Proves to clients that a bridge is the one that they were connected to before. */
import { keyOf, type ProofKey, proofOf } from '../proof.ts'
import type { Role } from '../protocol.ts'
import type { Tokens } from './bridge.ts'

export interface Prover {
  /** The port that the bridge listens at. */
  readonly port: number
  prove(role: Role, nonce: string): Promise<string>
}

/** For a bridge whose address stays from run to run: at others, a token is worth nothing after the run. */
export function proverOf(tokens: Tokens, port: number): Prover {
  const keys = new Map<Role, Promise<ProofKey>>()
  return {
    port,
    async prove(role, nonce) {
      const key = keys.get(role) ?? keyOf(tokens[role])
      keys.set(role, key)
      return proofOf(await key, { role, port, nonce })
    },
  }
}
