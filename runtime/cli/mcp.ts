/** `gradstream mcp`: exposes a run to an assistant, over standard input and output. */
import { filter, firstValueFrom } from 'rxjs'
import { check, checkedAt, GradstreamError } from '../../core/index.ts'
import type { BridgeClient } from '../bridge/client/bridge-client.ts'
import { connectBridge } from '../bridge/client/connect-bridge.ts'
import { RunDiary } from './mcp/run-diary.ts'
import { serveTools, stdio } from './mcp/server.ts'

export interface McpOptions {
  /** By default the one in the fragment of the address. */
  readonly token?: string
  /** The author of its commands in the events of the run. @default 'assistant' */
  readonly name?: string
  readonly version: string
}

/**
 * Connects to a bridge and serves its run until the other side ends. Later, a lost connection is made again.
 *
 * @throws GradstreamError (as a rejection) `INVALID_OPTION`, `DISCONNECTED`, `NOT_AVAILABLE` without the SDK, and why the bridge refuses the
 *   client
 */
export async function mcp(
  address: string,
  { token, name = 'assistant', version }: McpOptions,
): Promise<void> {
  checkedAt('gradstream mcp', 'INVALID_OPTION', () => {
    if (token !== undefined) check.text({ token })
    check.text({ name })
  })
  const transport = await stdio()
  const client = connectBridge(address, { name, ...(token !== undefined && { token }) })
  const diary = new RunDiary(client)
  try {
    await met(client)
    const server = await serveTools({ client, diary }, transport, version)
    await new Promise<void>(resolve => {
      server.onclose = resolve
      process.stdin.once('end', resolve)
    })
    await server.close()
  } finally {
    diary.close()
    client.close()
  }
}

/** The first state has come. An address at which nobody answers is told at once, and not tried for ever. */
async function met(client: BridgeClient): Promise<void> {
  const lost$ = client.connection$.pipe(
    filter(({ status, connections }) => status === 'waiting' && connections === 0),
  )
  const lost = firstValueFrom(lost$, { defaultValue: undefined }).then(connection => {
    // Refused, and the state says why.
    if (connection === undefined) return firstValueFrom(client.state$)
    throw new GradstreamError('DISCONNECTED', {
      place: 'gradstream mcp',
      expected: 'a bridge at this address',
      got: connection.reason ?? 'none',
    })
  })
  await Promise.race([firstValueFrom(client.state$), lost])
}
