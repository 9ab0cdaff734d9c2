import { tensor } from 'gradstream'
import { confusionMatrix } from 'gradstream/terminal'
import { expect, test } from 'vitest'

test('shows true classes in rows and predicted ones in columns, with recall, precision and accuracy', () => {
  const prediction = tensor([
    [0.7, 0.2, 0.1],
    [0.1, 0.8, 0.1],
    [0.3, 0.6, 0.1],
    [0.1, 0.2, 0.7],
    [0.2, 0.5, 0.3],
  ])
  const target = tensor([
    [1, 0, 0],
    [0, 1, 0],
    [0, 1, 0],
    [0, 0, 1],
    [0, 0, 1],
  ])
  expect(`\n${confusionMatrix(prediction, target, ['cat', 'dog', 'owl'])}\n`).toBe(`
 true \\ predicted  cat  dog  owl  recall %
──────────────────────────────────────────
 cat                 1    ·    ·       100
 dog                 ·    2    ·       100
 owl                 ·    1    1        50
 precision %       100   67  100
 accuracy 80.0 %
`)
})

test('parts yes from no at 1/2', () => {
  const told = confusionMatrix(tensor([[0.9], [0.5], [0.51], [0.2]]), tensor([[1], [1], [0], [0]]), [
    'no',
    'yes',
  ])
  expect(told).toMatch(/^ no +1 +1 +50$/m)
  expect(told).toMatch(/^ yes +1 +1 +50$/m)
  expect(told).toContain('accuracy 50.0 %')
})

test('counts the classes where they have no names', () => {
  expect(confusionMatrix(tensor([[0.9, 0.1]]), tensor([[0, 1]]))).toMatch(/predicted +0 +1 /)
})

test('has no recall for a class without samples, nor precision for one that is never predicted', () => {
  const lines = confusionMatrix(tensor([[0.1], [0.2]]), tensor([[0], [0]])).split('\n')
  expect(lines[3]).toMatch(/^ 1 +· +· +–$/)
  expect(lines[4]).toMatch(/^ precision % +100 +–$/)
})

test('says 100 only where none was missed', () => {
  const target = tensor(Array.from({ length: 1000 }, () => [1]))
  const told = tensor(Array.from({ length: 1000 }, (_, i) => [i === 0 ? 0 : 1]))
  expect(confusionMatrix(told, target)).toMatch(/^ 1 +1 +999 +99$/m)
})

test('fits ten classes into 80 characters', () => {
  const all = Array.from({ length: 10 }, (_, i) => Array.from({ length: 10 }, (_, j) => (i === j ? 1 : 0)))
  const lines = confusionMatrix(tensor(all), tensor(all)).split('\n')
  expect(Math.max(...lines.map(line => line.length))).toBeLessThanOrEqual(80)
})

test('refuses shapes that differ or have no class axis, and another number of names', () => {
  const codes = expect.objectContaining({ code: 'SHAPE_MISMATCH' })
  expect(() => confusionMatrix(tensor([[1]]), tensor([[1, 0]]))).toThrow(codes)
  expect(() => confusionMatrix(tensor([1, 0]), tensor([1, 0]))).toThrow(codes)
  expect(() => confusionMatrix(tensor([[1]]), tensor([[1]]), ['benign'])).toThrow(
    'confusionMatrix: expected 2 class names, got 1. Correct this value. [INVALID_OPTION]',
  )
})
