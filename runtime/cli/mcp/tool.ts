/** What a tool for an assistant is, as plain data and one function. */
import type { BridgeClient } from '../../bridge/client/bridge-client.ts'
import type { RunDiary } from './run-diary.ts'

/** The run, as a tool sees it. */
export interface Run {
  readonly client: BridgeClient
  readonly diary: RunDiary
}

export type Arguments = Readonly<Record<string, unknown>>

export interface Tool {
  readonly name: string
  readonly description: string
  /** The JSON schema of each argument. */
  readonly properties: Readonly<Record<string, object>>
  readonly required?: readonly string[]
  /** Whether it changes the run, which only a controller may. */
  readonly isSteering?: true
  /** Whether only a controller may call it, although it changes nothing. */
  readonly isForControllers?: true
  /** Whether what it does cannot be taken back. */
  readonly isFinal?: true
  /** The answer, as data. @throws GradstreamError */
  call(run: Run, given: Arguments): unknown
}
