/** A language model continues a text over the bridge: token by token, drawn from what it says, whatever the parts. */
import {
  adam,
  compile,
  dense,
  embedding,
  fromArrays,
  graph,
  gru,
  input,
  softmax,
  sparseCategoricalCrossentropy,
  type WriteQuery,
} from 'gradstream'
import { afterEach, describe, expect, test } from 'vitest'
import { RandomKey } from '../../../core/index.ts'
import { drawn } from '../../../runtime/bridge/server/writer.ts'
import { bytesOf, rejectionOf, trial } from '../support.ts'
import { type Bridged, bridged } from './support.ts'

const LETTERS = ' abcdefg'
const text = {
  encode: (given: string) => Array.from(given, letter => LETTERS.indexOf(letter)),
  decode: (tokens: readonly number[]) => tokens.map(token => LETTERS[token]).join(''),
}

/** A model that reads so many letters, or any number of them, from left to right. */
function languageModel(length: number | null, fromLogits = true) {
  const read = input({ name: 'x', shape: [length] }).pipe(
    embedding({ inputDim: LETTERS.length, outputDim: 6 }),
    gru({ units: 7, returnSequences: true }),
    dense({ units: LETTERS.length }),
  )
  const next = fromLogits ? read : read.pipe(softmax())
  const loss = sparseCategoricalCrossentropy({ fromLogits })(next, input({ name: 'target', shape: [length] }))
  return compile(graph({ next, loss, update: loss.pipe(adam({ learningRate: 0.05 })) }), { seed: 3 })
}

const song = 'abc def g abc def g abc def g abc'
const data = (length: number) => {
  const codes = text.encode(song)
  const starts = Array.from({ length: codes.length - length }, (_, i) => i)
  const from = (ahead: number) => starts.map(start => codes.slice(start + ahead, start + ahead + length))
  return fromArrays({ x: from(0), target: from(1) })
}

let open: Bridged[] = []
afterEach(async () => {
  for (const run of open) await run.close()
  open = []
})

async function writing(model = languageModel(5), options = { text } as object) {
  const run = await bridged({ data: data(5), epochs: 1000 }, options, model as never)
  open.push(run)
  const client = run.connect({ token: run.bridge.tokens.viewer })
  const write = async (query: WriteQuery) => {
    const answer = client.write(query)
    answer.catch(() => undefined)
    await run.clock.pass(60)
    return answer
  }
  return { run, write }
}

/** The same, by the definition: the softmax of the logits at the last letter, one letter at a time. */
function expected(model: ReturnType<typeof languageModel>, prompt: string, count: number, query: WriteQuery) {
  const { temperature = 1, seed = 0 } = query
  const tokens = text.encode(prompt)
  for (let i = 0; i < count; i++) {
    const last = tokens.slice(-5)
    const row = [...last, ...new Array<number>(5 - last.length).fill(0)]
    const { data, shape } = model.predict({ x: [row] }).next
    const width = shape.at(-1) as number
    const logits = Array.from(data.subarray((last.length - 1) * width, last.length * width))
    const powers = logits.map(logit => Math.exp(logit / temperature))
    const sum = powers.reduce((total, power) => total + power, 0)
    let luck = RandomKey.of(seed).child(tokens.length).uniform(1)[0] as number
    const choice = powers.findIndex(power => {
      luck -= power / sum
      return luck < 0
    })
    tokens.push(choice)
  }
  return text.decode(tokens.slice(prompt.length))
}

describe('the text', () => {
  test.each(['a', 'abc a', 'abc abd abe '])('after "%s" is what the definition says', async prompt => {
    const model = languageModel(5)
    const { run, write } = await writing(model)
    for (const query of [{ seed: 0 }, { seed: 9, temperature: 0.5 }, { seed: 9, temperature: 3 }]) {
      const answer = await write({ text: prompt, count: 20, ...query })
      expect(answer).toMatchObject({ prompt, tokens: 20, step: run.trainer.state.step })
      expect(answer.text).toBe(expected(model, prompt, 20, query))
      await Promise.all([run.trainer.step(3), run.clock.pass(100)])
    }
  })

  test('is the same in however many parts', async () => {
    const { write } = await writing()
    const whole = (await write({ text: 'ab', count: 24, seed: 5 })).text
    let written = ''
    for (const count of [1, 7, 2, 14]) written += (await write({ text: `ab${written}`, count, seed: 5 })).text
    expect(written).toBe(whole)
    expect((await write({ text: 'ab', count: 24, seed: 6 })).text).not.toBe(whole)
  })

  test('is the same for logits and for probabilities, and for a length that is left open', async () => {
    const texts = []
    for (const model of [languageModel(5), languageModel(5, false), languageModel(null)]) {
      const { write } = await writing(model)
      texts.push((await write({ text: 'a', count: 4, seed: 2 })).text)
    }
    expect(new Set(texts).size).toBe(1)
  })

  test('begins with the first sample if nothing else is said', async () => {
    const { write } = await writing()
    expect((await write({ count: 1 })).prompt).toBe('abc d')
  })

  test('is learned: at temperature 0, it is the song', async () => {
    const { run, write } = await writing()
    await Promise.all([run.trainer.step(150), run.clock.pass(2000, 500)])
    expect((await write({ text: 'abc def', count: 12, temperature: 0 })).text).toBe(' g abc def g')
  })
})

test('writing changes nothing: not the weights, and not the course of the run', async () => {
  const results = []
  for (const asks of [false, true]) {
    const model = languageModel(5)
    const { run, write } = await writing(model)
    for (let i = 0; i < 5; i++) {
      if (asks) await write({ text: 'abc', count: 10 })
      await Promise.all([run.trainer.step(2), run.clock.pass(100)])
    }
    results.push(bytesOf(model as never))
  }
  expect(results[1]).toEqual(results[0])
})

test('tokens are drawn as often as the softmax says', () => {
  const scores = Float64Array.of(1, -2, 0.5, Number.NEGATIVE_INFINITY)
  const counts = [0, 0, 0, 0]
  for (const luck of RandomKey.of(4).uniform(40_000)) {
    const choice = drawn(scores, 0.7, luck)
    counts[choice] = (counts[choice] ?? 0) + 1
  }
  const powers = Array.from(scores, score => Math.exp(score / 0.7))
  const sum = powers.reduce((total, power) => total + power, 0)
  powers.forEach((power, i) => {
    expect(Math.abs((counts[i] as number) / 40_000 - power / sum)).toBeLessThan(0.01)
  })
  expect(drawn(scores, 0, 0.99)).toBe(0)
  expect([1e-9, 0.999999].map(luck => drawn(Float64Array.of(900, 1000), 1, luck))).toEqual([1, 1])
})

describe('what cannot be written is refused with a reason', () => {
  test.each([
    [{ text: '' }, 'INVALID_MESSAGE'],
    [{ text: 'xyz' }, 'INVALID_MESSAGE'],
    [{ text: 'a'.repeat(4097) }, 'FORBIDDEN'],
    [{ count: 0 }, 'FORBIDDEN'],
    [{ count: 257 }, 'FORBIDDEN'],
    [{ temperature: -1 }, 'INVALID_MESSAGE'],
    [{ temperature: Number.POSITIVE_INFINITY }, 'INVALID_MESSAGE'],
    [{ seed: -1 }, 'INVALID_MESSAGE'],
    [{ seed: 0.5 }, 'INVALID_MESSAGE'],
    [{ prompt: 'a' }, 'INVALID_MESSAGE'],
  ])('number %#', async (query, code) => {
    const { write } = await writing()
    expect((await rejectionOf(write(query as WriteQuery))).code).toBe(code)
  })

  test('without the option, and by a model that writes nothing', async () => {
    const { write } = await writing(languageModel(5), {})
    expect(await rejectionOf(write({ text: 'a' }))).toMatchObject({
      code: 'NOT_AVAILABLE',
      hint: expect.stringContaining('text: { encode, decode }'),
    })
    const other = await bridged({}, { text })
    open.push(other)
    const answer = rejectionOf(other.connect().write({ text: 'a' }))
    await other.clock.pass(60)
    expect((await answer).code).toBe('NOT_AVAILABLE')
  })

  test('where the functions of the program throw or give something else', async () => {
    const broken = () => {
      throw new Error('broken')
    }
    for (const own of [
      { ...text, encode: broken },
      { ...text, decode: broken },
      { ...text, decode: () => 7 },
    ]) {
      const { write } = await writing(languageModel(5), { text: own })
      expect((await rejectionOf(write({ text: 'a' }))).code).toBe('INVALID_OPTION')
    }
  })
})

test('options that are no functions are refused where they are given', async () => {
  const { trainer } = trial()
  const { openBridge } = await import('gradstream')
  for (const own of [{ encode: 1, decode: 2 }, { encode: text.encode }, 'letters'])
    expect((await rejectionOf(openBridge(trainer, { text: own as never }))).code).toBe('INVALID_OPTION')
  trainer.dispose()
})
