/** Blocks that were given back: they never overlap, become whole again, and are enough for what was there before. */
import { describe, expect, test } from 'vitest'
import { WasmMemory } from '../../kernels/wasm/memory.ts'
import type { Block } from '../../kernels/wasm/spare-blocks.ts'
import { Dice } from '../support/dice.ts'

const made = () => {
  const memory = new WasmMemory(false)
  memory.startAt(1000)
  return memory
}

/** How far the memory reaches that was ever given out at once. */
const reach = (blocks: Iterable<Block>) =>
  [...blocks].reduce((most, { pointer, bytes }) => Math.max(most, pointer + bytes), 0)

describe('blocks of a memory', () => {
  test('are apart from each other, whatever is taken and given back in whatever order', () => {
    for (let seed = 0; seed < 40; seed++) {
      const dice = new Dice(seed)
      const memory = made()
      const given = new Map<number, { block: Block; asked: number }>()
      let used = 0
      for (let round = 0; round < 400; round++) {
        if (given.size === 0 || dice.below(100) < 55) {
          const asked = 1 + dice.below(dice.pick([64, 700, 20_000]))
          const block = memory.allocate(asked)
          expect(block.bytes).toBeGreaterThanOrEqual(asked)
          expect(block.pointer % 64).toBe(0)
          for (const { block: other } of given.values()) {
            const isApart =
              other.pointer + other.bytes <= block.pointer || block.pointer + block.bytes <= other.pointer
            if (!isApart)
              expect.fail(`seed ${seed}: a block at ${block.pointer} lies in one at ${other.pointer}`)
          }
          given.set(block.pointer, { block, asked })
          used += block.bytes
        } else {
          const [pointer, { block, asked }] = dice.pick([...given])
          memory.release(pointer, asked)
          given.delete(pointer)
          used -= block.bytes
        }
        expect(memory.used).toBe(used)
      }
      for (const [pointer, { asked }] of given) memory.release(pointer, asked)
      expect(memory.used).toBe(0)
      expect(memory.allocate(1).pointer, 'all is one again').toBe(1024)
    }
  })

  test.each(['ascending', 'descending', 'in any order'])(
    'that grow side by side, %s, reach little further than the largest of them need',
    order => {
      const dice = new Dice(3)
      const sizes = Array.from({ length: 300 }, (_, i) => 1000 * (i + 1))
      if (order === 'descending') sizes.reverse()
      if (order === 'in any order') sizes.sort(() => dice.next() - 0.5)
      const memory = made()
      const blocks = new Map<number, { block: Block; asked: number }>()
      let furthest = 0
      for (const size of sizes) {
        for (let slot = 0; slot < 6; slot++) {
          const known = blocks.get(slot)
          if (known && known.asked >= size) continue
          if (known) memory.release(known.block.pointer, known.asked)
          blocks.set(slot, { block: memory.allocate(size), asked: size })
        }
        furthest = Math.max(furthest, reach([...blocks.values()].map(({ block }) => block)))
      }
      expect(furthest).toBeLessThan(2 * 6 * 300_000)
    },
  )
})
