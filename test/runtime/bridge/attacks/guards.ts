/** Runs before each file of attacks: every guard of the bridge is there until a test takes it out. */
import { afterEach, vi } from 'vitest'
import { node, taken } from './taken.ts'

vi.mock('../../../../runtime/bridge/server/guard.ts', async original => {
  const actual = await original<typeof import('../../../../runtime/bridge/server/guard.ts')>()
  const isAllowed: typeof actual.isAllowed = (...given) =>
    taken.has('isAllowed') || actual.isAllowed(...given)
  const roleByToken: typeof actual.roleByToken = tokens => {
    const roleOf = actual.roleByToken(tokens)
    return token => (taken.has('roleByToken') ? 'controller' : roleOf(token))
  }
  return { ...actual, isAllowed, roleByToken }
})

vi.mock('../../../../runtime/bridge/server/messages.ts', async original => {
  const actual = await original<typeof import('../../../../runtime/bridge/server/messages.ts')>()
  const { GradstreamError } = await import('gradstream')
  const messageOf: typeof actual.messageOf = text => {
    if (taken.has('check of messages')) return JSON.parse(text)
    try {
      return actual.messageOf(text)
    } catch (error) {
      if (!taken.has('secrecy of messages')) throw error
      const place = 'message'
      throw new GradstreamError('INVALID_MESSAGE', { place, expected: text.slice(-90), got: text })
    }
  }
  return { ...actual, messageOf }
})

vi.mock('node:http', async original => {
  const actual = await original<typeof import('node:http')>()
  const createServer = (
    options: import('node:http').ServerOptions,
    listener: import('node:http').RequestListener,
  ) => {
    node.options = options as Record<string, number>
    const times = Object.entries(node.options).filter(([name]) => /Timeout$|Interval$/.test(name))
    const shorter = Object.fromEntries(times.map(([name, time]) => [name, time / node.shortened]))
    const none = { headersTimeout: 0, requestTimeout: 0, keepAliveTimeout: 0 }
    return actual.createServer({ ...options, ...(taken.has('timeouts') ? none : shorter) }, listener)
  }
  return { ...actual, createServer }
})

vi.mock('ws', async original => {
  const actual = await original<typeof import('ws')>()
  class WebSocketServer extends actual.WebSocketServer {
    constructor(options: import('ws').ServerOptions) {
      super(Object.fromEntries(Object.entries(options).filter(([name]) => !taken.has(name))))
    }
  }
  return { ...actual, WebSocketServer }
})

afterEach(() => {
  taken.clear()
  node.shortened = 1
  vi.useRealTimers()
  vi.restoreAllMocks()
})
