/**
 * The instructions that generated code uses, by their codes.
 *
 * Source: the WebAssembly core specification, binary format, and the proposals for SIMD and relaxed SIMD.
 */

/** Value types. */
export const I32 = 0x7f
export const F32 = 0x7d
export const F64 = 0x7c
export const V128 = 0x7b
export type ValueType = typeof I32 | typeof F32 | typeof F64 | typeof V128

/** Instructions without immediates. */
export const PLAIN = {
  end: 0x0b,
  return: 0x0f,
  drop: 0x1a,
  'i32.eqz': 0x45,
  'i32.eq': 0x46,
  'i32.lt_s': 0x48,
  'i32.lt_u': 0x49,
  'i32.ge_s': 0x4e,
  'i32.add': 0x6a,
  'i32.sub': 0x6b,
  'i32.mul': 0x6c,
  'i32.and': 0x71,
  'i32.shl': 0x74,
  'i32.shr_u': 0x76,
  'f32.add': 0x92,
  'f64.add': 0xa0,
  'f64.mul': 0xa2,
  'f64.div': 0xa3,
  'f32.demote_f64': 0xb6,
  'f64.promote_f32': 0xbb,
} as const
export type Plain = keyof typeof PLAIN

/** Instructions on vectors without immediates; their codes follow the prefix 0xfd. */
export const VECTOR = {
  'i32x4.splat': 17,
  'f32x4.splat': 19,
  'f64x2.splat': 20,
  'i32x4.eq': 55,
  'i32x4.lt_s': 57,
  'i32x4.lt_u': 58,
  'i32x4.gt_s': 59,
  'i32x4.ge_s': 63,
  'f32x4.eq': 65,
  'f32x4.ne': 66,
  'f32x4.lt': 67,
  'f32x4.gt': 68,
  'f32x4.le': 69,
  'f32x4.ge': 70,
  'v128.not': 77,
  'v128.and': 78,
  'v128.andnot': 79,
  'v128.or': 80,
  'v128.xor': 81,
  'v128.bitselect': 82,
  'v128.any_true': 83,
  'f32x4.demote_f64x2_zero': 94,
  'f64x2.promote_low_f32x4': 95,
  'f32x4.floor': 104,
  'f32x4.nearest': 106,
  'i32x4.shl': 171,
  'i32x4.shr_s': 172,
  'i32x4.shr_u': 173,
  'i32x4.add': 174,
  'i32x4.sub': 177,
  'i32x4.mul': 181,
  'i32x4.max_s': 184,
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
  'i32x4.trunc_sat_f32x4_s': 248,
  'f32x4.convert_i32x4_s': 250,
  'f32x4.relaxed_madd': 261,
  'f32x4.relaxed_nmadd': 262,
} as const
export type Vector = keyof typeof VECTOR

/** Instructions that go to memory; `align` is the power of 2 that addresses may be expected to be multiples of. */
export const MEMORY = {
  'i32.load': { code: 0x28, align: 2 },
  'f32.load': { code: 0x2a, align: 2 },
  'i32.store': { code: 0x36, align: 2 },
  'f32.store': { code: 0x38, align: 2 },
  'v128.load': { code: 0, align: 2, isVector: true },
  'v128.load32_splat': { code: 9, align: 2, isVector: true },
  'v128.store': { code: 11, align: 2, isVector: true },
  'v128.load32_lane': { code: 86, align: 2, isVector: true, hasLane: true },
  'v128.store32_lane': { code: 90, align: 2, isVector: true, hasLane: true },
  'v128.store64_lane': { code: 91, align: 2, isVector: true, hasLane: true },
  'v128.load32_zero': { code: 92, align: 2, isVector: true },
} as const
export type Memory = keyof typeof MEMORY

/** Instructions that take one lane out of a vector. */
export const EXTRACT = { 'f32x4.extract_lane': 31, 'f64x2.extract_lane': 33 } as const
export type Extract = keyof typeof EXTRACT
