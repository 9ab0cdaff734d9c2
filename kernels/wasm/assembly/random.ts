/** Threefry-2x32 with 20 rounds, four counters at a time: the generator of core/random.ts. */
import { all, NUMBER, storeFirst, VECTOR } from './vector'

// @ts-ignore: decorator
@inline
function rotated(x: v128, by: i32): v128 {
  return v128.or(i32x4.shl(x, by), i32x4.shr_u(x, 32 - by))
}

/** A word of a key from its halves, the higher one first. */
// @ts-ignore: decorator
@inline
function wordAt(key: usize): i32 {
  return ((<i32>load<f32>(key)) << 16) | <i32>load<f32>(key, 4)
}

/** Random bits as numbers in [0, 1), in steps of 2⁻²⁴. */
// @ts-ignore: decorator
@inline
function fraction(bits: v128): v128 {
  return f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_u(bits, 8)), all(<f32>(1.0 / 16777216.0)))
}

/** y[i] = the i-th random word of the key, as a number in [0, 1). */
export function uniform(y: usize, key: usize, n: i32): void {
  const k0 = wordAt(key)
  const k1 = wordAt(key + 2 * NUMBER)
  const a = i32x4.splat(k0)
  const b = i32x4.splat(k1)
  const c = i32x4.splat(0x1bd11bda ^ k0 ^ k1)
  let counter = i32x4(0, 1, 2, 3)
  for (; n > 0; n -= 8, y += 2 * VECTOR) {
    let s = a
    let t = i32x4.add(counter, b)
    let k = a, l = b, m = c
    for (let group = 1; group <= 5; group++) {
      const odd = group & 1
      s = i32x4.add(s, t); t = v128.xor(rotated(t, odd ? 13 : 17), s)
      s = i32x4.add(s, t); t = v128.xor(rotated(t, odd ? 15 : 29), s)
      s = i32x4.add(s, t); t = v128.xor(rotated(t, odd ? 26 : 16), s)
      s = i32x4.add(s, t); t = v128.xor(rotated(t, odd ? 6 : 24), s)
      // The keys come in turn: with group g, number g mod 3 and the one after it, and g itself.
      const first = k
      k = l; l = m; m = first
      s = i32x4.add(s, k)
      t = i32x4.add(i32x4.add(t, l), i32x4.splat(group))
    }
    const even = fraction(s)
    const uneven = fraction(t)
    storeFirst(y, i32x4.shuffle(even, uneven, 0, 4, 1, 5), n)
    if (n > 4) storeFirst(y + VECTOR, i32x4.shuffle(even, uneven, 2, 6, 3, 7), n - 4)
    counter = i32x4.add(counter, i32x4.splat(4))
  }
}
