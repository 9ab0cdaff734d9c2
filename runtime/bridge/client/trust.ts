/** Whether what answers at an address is the bridge that this client was admitted to before, which it has to prove from then on. */
import { canProve, isProof, keyOf, type ProofKey } from '../proof.ts'
import type { Role, ServerMessage } from '../protocol.ts'
import { newId } from './id.ts'

export class Trust {
  private readonly token: string
  /** What a bridge at this address has to prove; undefined before the first one, and where addresses do not stay. */
  private known: { readonly role: Role; readonly port: number } | undefined
  private key: Promise<ProofKey> | undefined
  /** The question that has no answer yet. */
  private nonce: string | undefined
  private isJudging = false

  constructor(token: string) {
    this.token = token
  }

  /** Whether the present connection has still to be proven. Until then, nothing that comes over it counts. */
  get isWaiting(): boolean {
    return this.nonce !== undefined
  }

  /** Remembers a bridge that has admitted this client. */
  admitted({ role, port }: Extract<ServerMessage, { type: 'welcome' }>): void {
    this.known = port === undefined || !canProve() ? undefined : { role, port }
  }

  /** A question for a new connection; undefined where there is nothing to prove. */
  ask(): { readonly type: 'challenge'; readonly nonce: string; readonly role: Role } | undefined {
    this.forget()
    if (!this.known) return undefined
    this.nonce = newId()
    return { type: 'challenge', nonce: this.nonce, role: this.known.role }
  }

  /** The connection is gone, and the question with it. */
  forget(): void {
    this.nonce = undefined
    this.isJudging = false
  }

  /** Whether the first message is the proof; undefined for later ones, and if nobody waits for it any more. */
  async accepts(message: ServerMessage | undefined): Promise<boolean | undefined> {
    const { nonce, known, isJudging } = this
    if (isJudging || nonce === undefined || !known) return undefined
    this.isJudging = true
    this.key ??= keyOf(this.token)
    const isTrue =
      message?.type === 'proof' && (await isProof(await this.key, { ...known, nonce }, message.proof))
    if (this.nonce !== nonce) return undefined
    if (isTrue) this.forget()
    return isTrue
  }
}
