/** Threefry-2x32 with 20 rounds, eight counters at a time: the generator of core/random.ts. */
import { all, NUMBER, storeFirst, VECTOR } from './vector'

/** The bits of t rotated, and combined with those of s. */
// @ts-ignore: decorator
@inline
function mixed(t: v128, by: i32, s: v128): v128 {
  return v128.xor(v128.or(i32x4.shl(t, by), i32x4.shr_u(t, 32 - by)), s)
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

/** The words of eight counters under a key: the first ones of four counters, their second ones, and so for the other four. */
// @ts-ignore: decorator
@inline
function encipher(words: usize, k0: i32, k1: i32, c0: i32, counters: v128): void {
  const a = i32x4.splat(k0)
  const b = i32x4.splat(k1)
  const c = i32x4.splat(0x1bd11bda ^ k0 ^ k1)
  // Two blocks side by side, so that none waits for the other.
  let s = i32x4.add(i32x4.splat(c0), a)
  let t = i32x4.add(counters, b)
  let u = s
  let v = i32x4.add(t, i32x4.splat(4))
  // Rounds in groups of four. With group g come the keys number g mod 3 and the one after it, and g itself.
  s = i32x4.add(s, t); t = mixed(t, 13, s); u = i32x4.add(u, v); v = mixed(v, 13, u)
  s = i32x4.add(s, t); t = mixed(t, 15, s); u = i32x4.add(u, v); v = mixed(v, 15, u)
  s = i32x4.add(s, t); t = mixed(t, 26, s); u = i32x4.add(u, v); v = mixed(v, 26, u)
  s = i32x4.add(s, t); t = mixed(t, 6, s); u = i32x4.add(u, v); v = mixed(v, 6, u)
  s = i32x4.add(s, b); t = i32x4.add(t, i32x4.add(c, i32x4.splat(1))); u = i32x4.add(u, b); v = i32x4.add(v, i32x4.add(c, i32x4.splat(1)))
  s = i32x4.add(s, t); t = mixed(t, 17, s); u = i32x4.add(u, v); v = mixed(v, 17, u)
  s = i32x4.add(s, t); t = mixed(t, 29, s); u = i32x4.add(u, v); v = mixed(v, 29, u)
  s = i32x4.add(s, t); t = mixed(t, 16, s); u = i32x4.add(u, v); v = mixed(v, 16, u)
  s = i32x4.add(s, t); t = mixed(t, 24, s); u = i32x4.add(u, v); v = mixed(v, 24, u)
  s = i32x4.add(s, c); t = i32x4.add(t, i32x4.add(a, i32x4.splat(2))); u = i32x4.add(u, c); v = i32x4.add(v, i32x4.add(a, i32x4.splat(2)))
  s = i32x4.add(s, t); t = mixed(t, 13, s); u = i32x4.add(u, v); v = mixed(v, 13, u)
  s = i32x4.add(s, t); t = mixed(t, 15, s); u = i32x4.add(u, v); v = mixed(v, 15, u)
  s = i32x4.add(s, t); t = mixed(t, 26, s); u = i32x4.add(u, v); v = mixed(v, 26, u)
  s = i32x4.add(s, t); t = mixed(t, 6, s); u = i32x4.add(u, v); v = mixed(v, 6, u)
  s = i32x4.add(s, a); t = i32x4.add(t, i32x4.add(b, i32x4.splat(3))); u = i32x4.add(u, a); v = i32x4.add(v, i32x4.add(b, i32x4.splat(3)))
  s = i32x4.add(s, t); t = mixed(t, 17, s); u = i32x4.add(u, v); v = mixed(v, 17, u)
  s = i32x4.add(s, t); t = mixed(t, 29, s); u = i32x4.add(u, v); v = mixed(v, 29, u)
  s = i32x4.add(s, t); t = mixed(t, 16, s); u = i32x4.add(u, v); v = mixed(v, 16, u)
  s = i32x4.add(s, t); t = mixed(t, 24, s); u = i32x4.add(u, v); v = mixed(v, 24, u)
  s = i32x4.add(s, b); t = i32x4.add(t, i32x4.add(c, i32x4.splat(4))); u = i32x4.add(u, b); v = i32x4.add(v, i32x4.add(c, i32x4.splat(4)))
  s = i32x4.add(s, t); t = mixed(t, 13, s); u = i32x4.add(u, v); v = mixed(v, 13, u)
  s = i32x4.add(s, t); t = mixed(t, 15, s); u = i32x4.add(u, v); v = mixed(v, 15, u)
  s = i32x4.add(s, t); t = mixed(t, 26, s); u = i32x4.add(u, v); v = mixed(v, 26, u)
  s = i32x4.add(s, t); t = mixed(t, 6, s); u = i32x4.add(u, v); v = mixed(v, 6, u)
  s = i32x4.add(s, c); t = i32x4.add(t, i32x4.add(a, i32x4.splat(5))); u = i32x4.add(u, c); v = i32x4.add(v, i32x4.add(a, i32x4.splat(5)))
  v128.store(words, s)
  v128.store(words, t, VECTOR)
  v128.store(words, u, 2 * VECTOR)
  v128.store(words, v, 3 * VECTOR)
}

/** Four counters from `first` on. */
// @ts-ignore: decorator
@inline
function four(first: i32): v128 {
  return i32x4.add(i32x4.splat(first), i32x4(0, 1, 2, 3))
}

/** y[i] = the i-th random word of the key, as a number in [0, 1). The scratch memory has room for 16 words. */
export function uniform(y: usize, key: usize, n: i32, words: usize): void {
  const k0 = wordAt(key)
  const k1 = wordAt(key + 2 * NUMBER)
  for (let counter = 0; n > 0; n -= 16, y += 4 * VECTOR, counter += 8) {
    encipher(words, k0, k1, 0, four(counter))
    storePair(y, words, n)
    if (n > 8) storePair(y + 2 * VECTOR, words + 2 * VECTOR, n - 8)
  }
}

/** The first n of eight numbers: first and second words of four counters in turns. */
// @ts-ignore: decorator
@inline
function storePair(y: usize, words: usize, n: i32): void {
  const s = fraction(v128.load(words))
  const t = fraction(v128.load(words, VECTOR))
  storeFirst(y, i32x4.shuffle(s, t, 0, 4, 1, 5), n)
  if (n > 4) storeFirst(y + VECTOR, i32x4.shuffle(s, t, 2, 6, 3, 7), n - 4)
}

/**
 * y[i] = 1 with a probability, else 0. Half a word decides, but for one of 2¹⁶ cases in which it is just at the limit; then
 * another word does. Of four words, the lower halves are for the first four entries, the upper ones for the next. The scratch
 * memory has room for 64 words.
 */
export function bernoulli(y: usize, key: usize, probability: usize, n: i32, words: usize): void {
  const k0 = wordAt(key)
  const k1 = wordAt(key + 2 * NUMBER)
  const scaled = <f64>load<f32>(probability) * 65536.0
  const whole = floor(scaled)
  const limit = i32x4.splat(<i32>whole)
  const drawn = words + 4 * VECTOR
  for (let start = 0; start < n; start += 32, y += 8 * VECTOR) {
    encipher(words, k0, k1, 0, four(start >> 2))
    const left = n - start
    // Where less than 32 are wanted, they are drawn beside, and as many as there is room for are copied.
    const to = left < 32 ? drawn : y
    let ties = i32x4.splat(0)
    for (let i: usize = 0; i < 4; i++) {
      const word = v128.load(words + i * VECTOR)
      const low = v128.and(word, i32x4.splat(0xffff))
      const high = i32x4.shr_u(word, 16)
      v128.store(to + 2 * i * VECTOR, v128.and(i32x4.lt_s(low, limit), all(1)))
      v128.store(to + 2 * i * VECTOR, v128.and(i32x4.lt_s(high, limit), all(1)), VECTOR)
      ties = v128.or(ties, v128.or(i32x4.eq(low, limit), i32x4.eq(high, limit)))
    }
    if (v128.any_true(ties)) decide(to, words, k0, k1, start, scaled - whole, <u32>whole)
    if (left < 32) memory.copy(y, drawn, (<usize>left) * NUMBER)
  }
}

/** Decides for those of 32 entries whose half word is just at the limit. */
function decide(y: usize, words: usize, k0: i32, k1: i32, start: i32, probability: f64, limit: u32): void {
  const others = words + 12 * VECTOR
  for (let i = 0; i < 32; i++) {
    const half = <u32>load<u16>(words + (<usize>(i >> 3)) * VECTOR + (<usize>(i & 3)) * NUMBER + (<usize>((i >> 2) & 1)) * 2)
    if (half != limit) continue
    encipher(others, k0, k1, 1, four(start + i))
    const other = <f64>load<u32>(others) / 4294967296.0
    store<f32>(y + (<usize>i) * NUMBER, other < probability ? 1 : 0)
  }
}
