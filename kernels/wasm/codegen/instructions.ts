/**
 * The instructions that generated code uses, by their codes.
 *
 * Source: the WebAssembly core specification, binary format, and the proposals for SIMD and relaxed SIMD.
 */

/** Value types. */
export const I32 = 0x7f
export const V128 = 0x7b
export type ValueType = typeof I32 | typeof V128

/** Instructions without immediates. */
export const PLAIN = {
  end: 0x0b,
  'i32.eq': 0x46,
  'i32.lt_s': 0x48,
  'i32.add': 0x6a,
  'i32.mul': 0x6c,
  'i32.and': 0x71,
  'i32.shl': 0x74,
  'f64.add': 0xa0,
  'f32.demote_f64': 0xb6,
} as const
export type Plain = keyof typeof PLAIN

/** Instructions on vectors without immediates; their codes follow the prefix 0xfd. */
export const VECTOR = {
  'i32x4.splat': 17,
  'f32x4.splat': 19,
  'i32x4.eq': 55,
  'i32x4.gt_s': 59,
  'f32x4.eq': 65,
  'f32x4.ne': 66,
  'f32x4.lt': 67,
  'f32x4.gt': 68,
  'f32x4.ge': 70,
  'v128.and': 78,
  'v128.or': 80,
  'v128.xor': 81,
  'v128.bitselect': 82,
  'v128.any_true': 83,
  'f32x4.demote_f64x2_zero': 94,
  'f64x2.promote_low_f32x4': 95,
  'f32x4.floor': 104,
  'f64x2.nearest': 148,
  'i32x4.shl': 171,
  'i32x4.shr_s': 172,
  'i32x4.shr_u': 173,
  'i32x4.add': 174,
  'i32x4.sub': 177,
  'f32x4.abs': 224,
  'f32x4.neg': 225,
  'f32x4.sqrt': 227,
  'f32x4.add': 228,
  'f32x4.sub': 229,
  'f32x4.mul': 230,
  'f32x4.div': 231,
  'f32x4.min': 232,
  'f32x4.max': 233,
  'f32x4.pmin': 234,
  'f32x4.pmax': 235,
  'f64x2.add': 240,
  'f64x2.sub': 241,
  'f64x2.mul': 242,
  'f64x2.div': 243,
  'f64x2.pmin': 246,
  'f64x2.pmax': 247,
  'f32x4.convert_i32x4_s': 250,
  'i32x4.trunc_sat_f64x2_s_zero': 252,
  'f32x4.relaxed_madd': 261,
  'f32x4.relaxed_nmadd': 262,
} as const
export type Vector = keyof typeof VECTOR

/** Instructions that go to memory. */
export const MEMORY = {
  'i32.store': { code: 0x36 },
  'v128.load': { code: 0, isVector: true },
  'v128.load32_splat': { code: 9, isVector: true },
  'v128.store': { code: 11, isVector: true },
  'v128.load32_lane': { code: 86, isVector: true, hasLane: true },
  'v128.store32_lane': { code: 90, isVector: true, hasLane: true },
  'v128.store64_lane': { code: 91, isVector: true, hasLane: true },
} as const
export type Memory = keyof typeof MEMORY

/** Instructions that take one lane out of a vector. */
export const EXTRACT = { 'f32x4.extract_lane': 31, 'f64x2.extract_lane': 33 } as const
export type Extract = keyof typeof EXTRACT
