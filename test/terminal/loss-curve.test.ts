import type { EpochRecord } from 'gradstream'
import { lossCurve } from 'gradstream/terminal'
import { describe, expect, test } from 'vitest'
import { FakePipe, FakeTerminal } from './fake-terminal.ts'

const history = (losses: readonly number[], validation?: readonly number[]): EpochRecord[] =>
  losses.map((loss, i) => {
    const own = validation?.[i]
    return { epoch: i + 1, step: i + 1, metrics: { loss, ...(own !== undefined && { validationLoss: own }) } }
  })

const falling = (epochs: number, scale = 1) =>
  history(
    Array.from({ length: epochs }, (_, i) => scale * Math.exp(-i / 8)),
    Array.from({ length: epochs }, (_, i) => scale * (0.1 + 0.8 * Math.exp(-i / 9))),
  )

test('draws the loss as a line and the validation loss as dots, with round numbers at the axes', () => {
  expect(`\n${lossCurve(falling(30), { width: 50, height: 8, stream: new FakePipe() })}\n`).toBe(`
━ loss
• validation loss
   ▲
1.0┤┓
   │•━•
   │  ┗•━•
   │     ┗•━••
0.5┤        ┗━━•• ••
   │            ┗━━━━•• •• •• •
   │                  ┗━━━━━━━━•━••━•• •• •• •• •
0.0┤                                ┗━━━━━━━━━━━━
   └┬─────┬───────┬──────┬───────┬──────┬───────┬▶
    1     5      10     15      20     25      30
                       epoch
`)
})

describe.each([30, 40, 80, 120])('%d characters wide', width => {
  test.each([1, 2, 5, 60, 1000])('stays within it for %d epochs', epochs => {
    for (const scale of [1e-4, 1, 3e4]) {
      const lines = lossCurve(falling(epochs, scale), { width, stream: new FakePipe() }).split('\n')
      expect(Math.max(...lines.map(line => line.length))).toBeLessThanOrEqual(width)
    }
  })
})

test('is as wide as the terminal, up to 80', () => {
  for (const columns of [50, 200]) {
    const lines = lossCurve(falling(20), { stream: new FakeTerminal(columns) }).split('\n')
    expect(Math.max(...lines.map(line => line.length))).toBe(Math.min(80, columns))
  }
})

test('names the first and the last epoch, and few round ones between them', () => {
  const axis = (epochs: number) =>
    lossCurve(falling(epochs), { stream: new FakePipe() }).split('\n').at(-2)?.trim().split(/ +/)
  expect(axis(60)).toEqual(['1', '10', '20', '30', '40', '50', '60'])
  expect(axis(5)).toEqual(['1', '2', '3', '4', '5'])
  expect(axis(250)).toEqual(['1', '50', '100', '150', '200', '250'])
})

test('does without a validation loss', () => {
  expect(lossCurve(history([3, 2, 1]), { stream: new FakePipe() })).not.toMatch(/validation|•/)
})

test('leaves out what is not finite, and says so where nothing is left', () => {
  const one = lossCurve(history([1, Number.NaN, Number.POSITIVE_INFINITY, 0.5]), { stream: new FakePipe() })
  expect(one).not.toMatch(/NaN|Infinity/)
  expect(lossCurve([])).toBe('no epoch has finished yet')
  expect(lossCurve(history([Number.NaN]))).toBe('no epoch has finished yet')
})

test('draws every value at the edges of the chart, whatever their size', () => {
  for (const scale of [1e-5, 3e-4, 0.07, 1, 123, 4e6]) {
    const lines = lossCurve(history([scale, scale / 2, 0]), { stream: new FakePipe(), height: 8 }).split('\n')
    expect(lines.slice(1, 4).join('')).toContain('━')
    expect(lines.at(-4)).toContain('━')
    expect(lines.at(-2)?.trim()).toMatch(/^1 .*3$/)
  }
})

test('shows small differences of large losses', () => {
  expect(lossCurve(history([1004, 1003, 1002, 1001]), { stream: new FakePipe() })).toContain('1002')
})

test('is drawn in colors only where they are wanted', () => {
  const colored = Object.assign(new FakeTerminal(), { hasColors: () => true })
  const refused = Object.assign(new FakeTerminal(), { hasColors: () => false })
  const colors = '\x1b['
  expect(lossCurve(falling(9), { stream: colored })).toContain(colors)
  expect(lossCurve(falling(9), { stream: refused })).not.toContain(colors)
  expect(lossCurve(falling(9), { stream: new FakePipe() })).not.toContain(colors)
  expect(lossCurve(falling(9), { stream: new FakePipe(), color: true })).toContain(colors)
  expect(lossCurve(falling(9), { stream: colored, color: false })).not.toContain(colors)
})
