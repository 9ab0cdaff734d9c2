/**
 * A proof that a bridge knows a token, for a client that does not want to send it to somebody else: HMAC-SHA-256, with a key made from the token, of
 * the role, the port that the bridge listens at, and a text that the client has just made up.
 *
 * The port is in it so that nobody who listens at another one can pass the question on to the bridge. The key is derived by PBKDF2, since anyone can ask
 * for a proof: to guess at a token with it takes as many rounds for each guess.
 */
import type { Role } from './protocol.ts'

const ROUNDS = 100_000

export interface Asked {
  readonly role: Role
  readonly port: number
  readonly nonce: string
}

export type ProofKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>

/** Browsers have no cryptography for pages that came unencrypted from another machine. */
export const canProve = (): boolean => globalThis.crypto?.subtle !== undefined

const bytesOf = (text: string) => new TextEncoder().encode(text)

/** The key of a token. It takes some 20 ms. */
export async function keyOf(token: string): Promise<ProofKey> {
  const { subtle } = crypto
  const secret = await subtle.importKey('raw', bytesOf(token), 'PBKDF2', false, ['deriveKey'])
  const derivation = { name: 'PBKDF2', hash: 'SHA-256', salt: bytesOf('gradstream'), iterations: ROUNDS }
  const use = { name: 'HMAC', hash: 'SHA-256', length: 256 }
  return subtle.deriveKey(derivation, secret, use, false, ['sign', 'verify'])
}

const question = ({ role, port, nonce }: Asked) => bytesOf(`${role} ${port} ${nonce}`)

/** In base64. */
export async function proofOf(key: ProofKey, asked: Asked): Promise<string> {
  return btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.sign('HMAC', key, question(asked)))))
}

/** Whether a text is that proof. */
export async function isProof(key: ProofKey, asked: Asked, proof: unknown): Promise<boolean> {
  if (typeof proof !== 'string' || !/^[\w+/]{43}=$/.test(proof)) return false
  const given = Uint8Array.from(atob(proof), character => character.charCodeAt(0))
  return crypto.subtle.verify('HMAC', key, given, question(asked))
}
