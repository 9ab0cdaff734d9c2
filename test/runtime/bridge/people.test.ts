/** Who is connected: names that tell people apart, colours, and what all see of each other. */
import type { BridgeClient, Person } from 'gradstream'
import { firstValueFrom } from 'rxjs'
import { afterEach, describe, expect, test } from 'vitest'
import { nameOf } from '../../../runtime/bridge/protocol.ts'
import { authorOf, crowdOf, type Identity, People } from '../../../runtime/bridge/server/people.ts'
import { countOf } from '../../support/counts.ts'
import { Dice } from '../../support/dice.ts'
import { rejectionOf } from '../support.ts'
import { type Bridged, bridged } from './support.ts'

describe('a name', () => {
  test.each([
    ['Ada', 'Ada'],
    ['  Ada   Lovelace ', 'Ada Lovelace'],
    ['e\u0301', '\u00e9'],
    ['\u6797\u6c38\u5065', '\u6797\u6c38\u5065'],
    ['\u{1f98a}'.repeat(64), '\u{1f98a}'.repeat(64)],
    ['__proto__', '__proto__'],
    ['<b>Ada</b>', '<b>Ada</b>'],
  ])('%j is %j', (text, name) => expect(nameOf(text)).toBe(name))

  test.each([
    '',
    '   ',
    'a\nb',
    'a\tb',
    'a\u0000',
    'a\u0007',
    'a\u001b[31m',
    'a\u0085b',
    'a\u2028b',
    'a\u200bb',
    'a\u202eb',
    'a\u2066b',
    'a\ufeffb',
    'a\ud800b',
    'x'.repeat(65),
    '\u{1f98a}'.repeat(65),
  ])('%j is none', text => expect(nameOf(text)).toBeUndefined())
})

describe('of clients in any order', () => {
  const NAMES = [
    undefined,
    'Ada',
    'ada',
    'ADA',
    'Ada 2',
    '\uff21da',
    'controller 3',
    'viewer 1',
    'x'.repeat(64),
    'X'.repeat(64),
    '__proto__',
  ]

  test.each(Array.from({ length: countOf({ usual: 40, full: 1000 }) }, (_, seed) => seed))(
    'no two have the same name or author, and eight have eight colours (%i)',
    seed => {
      const dice = new Dice(seed)
      let most = 0
      const people = new People()
      const present: { client: string; role: 'viewer' | 'controller'; identity: Identity }[] = []
      const authors = new Map<string, string>()
      for (let i = 1; i <= 60; i++) {
        if (present.length > 0 && dice.below(3) === 0) {
          present.splice(dice.below(present.length), 1)
          people.left()
          continue
        }
        const client = `c${dice.below(seed % 2 === 0 ? 8 : 20)}`
        const at = present.findIndex(other => other.client === client)
        const role = at >= 0 ? (present[at]?.role ?? 'viewer') : dice.below(2) === 0 ? 'viewer' : 'controller'
        const { version } = people
        const identity = people.enter(client, role, NAMES[dice.below(NAMES.length)], i, present)
        expect(people.version).toBeGreaterThan(version)
        if (at >= 0) present.splice(at, 1)
        present.push({ client, role, identity })
        const all = crowdOf(present).people
        const looks = all.map(({ name }) => name.normalize('NFKC').toLowerCase())
        expect(new Set(looks).size).toBe(all.length)
        for (const { name } of all) expect(nameOf(name)).toBe(name)
        most = Math.max(most, all.length)
        if (most <= 8) expect(new Set(all.map(({ colour }) => colour)).size).toBe(all.length)
        for (const { colour } of all) expect([0, 1, 2, 3, 4, 5, 6, 7]).toContain(colour)
        // No two clients are ever recorded under one name.
        const author = authorOf(role, identity)
        expect(authors.get(author) ?? client).toBe(client)
        authors.set(author, client)
      }
    },
  )

  test('the first 64 are listed, controllers first, and the others counted', () => {
    const people = new People()
    const present: { client: string; role: 'viewer' | 'controller'; identity: Identity }[] = []
    for (let i = 0; i < 300; i++) {
      const role = i % 50 === 49 ? 'controller' : 'viewer'
      present.push({ client: `c${i}`, role, identity: people.enter(`c${i}`, role, 'Ada', i, present) })
    }
    const list = crowdOf(present)
    expect(list).toMatchObject({ others: 236 })
    expect(list.people).toHaveLength(64)
    expect(list.people.map(({ role }) => role).lastIndexOf('controller')).toBe(5)
  })
})

describe('everybody', () => {
  let run: Bridged
  afterEach(() => run.close())

  const names = async (client: BridgeClient) =>
    (await firstValueFrom(client.people$)).map(({ name }: Person) => name)

  test('sees who comes, goes and takes another name, within a second', async () => {
    run = await bridged()
    const { clock, connect, bridge } = run
    const ada = connect({ name: 'Ada' })
    const second = connect({ name: 'ada', token: bridge.tokens.viewer })
    await clock.pass(100)
    expect(await names(second)).toEqual(['Ada', 'ada 2'])
    await clock.pass(1000)
    expect(await names(ada)).toEqual(['Ada', 'ada 2'])
    const renaming = second.rename('  Bo ')
    await clock.pass(100)
    expect(await renaming).toBe('Bo (viewer 2)')
    expect(await names(second)).toEqual(['Ada', 'Bo'])
    expect((await firstValueFrom(second.connection$)).author).toBe('Bo (viewer 2)')
    await clock.pass(1000)
    expect(await names(ada)).toEqual(['Ada', 'Bo'])
    expect(bridge.clients.map(({ author }) => author)).toEqual(['Ada (controller 1)', 'Bo (viewer 2)'])
    second.close()
    await clock.pass(1000)
    expect(await names(ada)).toEqual(['Ada'])
  })

  test('is recorded under the name of the moment', async () => {
    run = await bridged()
    const { clock, connect, trainer } = run
    const authors: string[] = []
    trainer.milestones$.subscribe(event => event.type === 'command' && authors.push(event.author))
    const client = connect()
    const send = () => client.send({ type: 'stepsPerSecond', stepsPerSecond: 100 })
    const all = [send(), client.rename('Ada'), send()]
    await clock.pass(500)
    await Promise.all(all)
    expect(authors).toEqual(['controller 1', 'Ada (controller 1)'])
  })

  test('keeps name, number and colour over a lost connection', async () => {
    run = await bridged()
    const { clock, connect } = run
    let cut = () => {}
    const other = connect({ name: 'Bo' })
    const client = connect({ name: 'Ada' }, own => events => {
      const connection = own(events)
      cut = () => {
        connection.close()
        events.close(1006, '')
      }
      return connection
    })
    await clock.pass(100)
    const before = await firstValueFrom(client.people$)
    const renaming = client.rename('Eve')
    await clock.pass(100)
    await renaming
    cut()
    expect(await firstValueFrom(client.people$)).toEqual([])
    await clock.pass(2000)
    const after = await firstValueFrom(client.people$)
    expect(after.find(({ name }) => name === 'Eve')).toEqual({
      ...before.find(({ name }) => name === 'Ada'),
      name: 'Eve',
      author: 'Eve (controller 2)',
    })
    expect(await names(other)).toContain('Eve')
  })

  test.each(['', ' ', 'a\nb', 'x'.repeat(65), 'a\u202e'])(
    'is refused %j as a name, where it is written',
    async name => {
      run = await bridged()
      const { clock, connect } = run
      expect(() => connect({ name })).toThrow(/INVALID_OPTION/)
      const client = connect()
      await clock.pass(100)
      expect(await rejectionOf(client.rename(name))).toMatchObject({ code: 'INVALID_OPTION' })
      expect(await names(client)).toEqual(['controller 1'])
    },
  )
})
