/** What the tests of the bridge share: runs in virtual time, and transports that lose things. */
import {
  type Bridge,
  type BridgeClient,
  type BridgeOptions,
  type ConnectionState,
  type ConnectOptions,
  connectBridge,
  type Model,
  memoryTransport,
  openBridge,
  type Trainer,
  type TrainerOptions,
  type Transport,
} from 'gradstream'
import { VirtualTimeScheduler } from 'rxjs'
import type { Dice } from '../../support/dice.ts'
import { trial } from '../support.ts'

/** How long a step takes in virtual time, in milliseconds. */
export const STEP = 5

/** Virtual time that goes on only when told to. */
export class Clock extends VirtualTimeScheduler {
  /** Lets time pass, in parts, with what is promised coming to pass in between. */
  async pass(milliseconds: number, part = 10): Promise<void> {
    for (const end = this.frame + milliseconds; this.frame < end; ) {
      this.maxFrames = Math.min(this.frame + part, end)
      this.flush()
      this.frame = Math.max(this.frame, this.maxFrames)
      await settled()
    }
  }
}

/** All that is promised and needs no time has come to pass. */
export const settled = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

export interface Bridged {
  readonly clock: Clock
  readonly trainer: Trainer
  readonly bridge: Bridge
  connect(options?: ConnectOptions, transport?: (own: Transport) => Transport): BridgeClient
  close(): Promise<void>
}

/** A run in virtual time with a bridge, and clients in the same process. */
export async function bridged(
  options: Partial<TrainerOptions> = {},
  bridgeOptions: BridgeOptions = {},
  model?: Model<'prediction'>,
): Promise<Bridged> {
  const clock = new Clock()
  const { trainer } = trial(
    { epochs: 10_000, ...options, scheduler: clock } as Partial<TrainerOptions>,
    model,
  )
  trainer.events$.subscribe(({ type }) => {
    if (type === 'step') clock.frame += STEP
  })
  const bridge = await openBridge(trainer, {
    port: 0,
    print: () => undefined,
    scheduler: clock,
    ...bridgeOptions,
  })
  const clients: BridgeClient[] = []
  return {
    clock,
    trainer,
    bridge,
    connect(connectOptions = {}, transport = own => own) {
      const to = transport(memoryTransport(bridge))
      const { token = bridge.tokens.controller } = connectOptions
      const client = connectBridge(to, { scheduler: clock, ...connectOptions, token })
      // What a test does not look at may end as it likes.
      client.state$.subscribe({ error: () => undefined })
      clients.push(client)
      return client
    },
    async close() {
      for (const client of clients) client.close()
      trainer.dispose()
      await bridge.close()
    },
  }
}

export const TOKENS = { controller: 'controller-of-tests', viewer: 'viewer-of-the-tests' }

/** A client whose connection can be cut or barred, and whose messages are noted. */
export function onLine(run: Bridged, options: ConnectOptions = {}) {
  const line = {
    heard: [] as string[],
    said: [] as string[],
    cut() {},
    to: memoryTransport(run.bridge) as Transport | undefined,
  }
  const client = run.connect({ reconnect: { first: 100, most: 1000 }, ...options }, () => events => {
    if (!line.to) {
      queueMicrotask(() => events.close(1006, ''))
      return { send: () => undefined, close: () => undefined }
    }
    const connection = line.to({
      ...events,
      message(data) {
        line.heard.push(/"type":"(\w+)"/.exec(String(data))?.[1] ?? '')
        events.message(data)
      },
    })
    line.cut = () => {
      connection.close()
      events.close(1006, '')
    }
    return {
      close: () => connection.close(),
      send(text) {
        line.said.push(text)
        connection.send(text)
      },
    }
  })
  return { client, line }
}

/** How a client stands, after each change. */
export function standing(client: BridgeClient): ConnectionState[] {
  const seen: ConnectionState[] = []
  client.connection$.subscribe(state => seen.push(state))
  return seen
}

/** How likely each mishap is, for every message. */
export interface Mishaps {
  readonly drop: number
  readonly repeat: number
  readonly swap: number
  readonly kill: number
}

/** A transport in which messages of both directions get lost, come twice or late, and which breaks down. */
export function lossy(own: Transport, dice: Dice, mishaps: () => Mishaps): Transport {
  return events => {
    let isOpen = true
    /** Delivers as fate will have it; one that is held back comes after the next. */
    const line = <Message>(deliver: (message: Message) => void, kill: () => void) => {
      let held: Message | undefined
      return (message: Message) => {
        const { drop, repeat, swap, kill: death } = mishaps()
        if (dice.next() < death) return kill()
        if (dice.next() < drop) return
        if (held === undefined && dice.next() < swap) {
          held = message
          return
        }
        deliver(message)
        if (dice.next() < repeat) deliver(message)
        if (held !== undefined) deliver(held)
        held = undefined
      }
    }
    const die = () => {
      if (!isOpen) return
      isOpen = false
      connection.close()
      queueMicrotask(() => events.close(1006, ''))
    }
    const receive = line((data: string | Uint8Array) => isOpen && events.message(data), die)
    const connection = own({
      open: () => isOpen && events.open(),
      message: receive,
      close: (code, reason) => isOpen && events.close(code, reason),
    })
    const send = line((text: string) => isOpen && connection.send(text), die)
    return {
      send(text) {
        // A greeting that is lost is a connection that is lost.
        if (text.includes('"hello"')) connection.send(text)
        else send(text)
      },
      close() {
        isOpen = false
        connection.close()
      },
    }
  }
}
