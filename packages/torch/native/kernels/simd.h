#pragma once
#include <immintrin.h>

#include <cstdint>

#include "element.h"

// One vector type for every instruction set that the kernels are compiled for (see CMakeLists.txt).
// Everything lives in a namespace of that set, so that no two builds share a function.
#if defined(__AMX_BF16__)
#define PHENOPRINT_ISA avx512_amx
#elif defined(__AVX512BF16__)
#define PHENOPRINT_ISA avx512_bf16
#elif defined(__AVX512F__)
#define PHENOPRINT_ISA avx512
#else
#define PHENOPRINT_ISA avx2
#endif

#define PHENOPRINT_INLINE static inline __attribute__((always_inline))
#define PHENOPRINT_INLINE_MEMBER inline __attribute__((always_inline))

namespace phenoprint::kernels::PHENOPRINT_ISA {

#if defined(__AVX512F__)

/** Floats in a vector. */
inline constexpr int kLanes = 16;
/** Rows and vectors of the register tile of the matrix product: 24 sums of 32 registers. */
inline constexpr int kTileRows = 8;
/** Neighbouring outputs of a depthwise convolution that are summed at once. */
inline constexpr int kRun = 8;
using Vec = __m512;

/** The first n lanes, n from 1 up; from 16 up all. */
using Lanes = __mmask16;
PHENOPRINT_INLINE Lanes lanes(int64_t n) { return n >= kLanes ? Lanes(0xffff) : Lanes((1u << n) - 1); }

PHENOPRINT_INLINE Vec splat(float x) { return _mm512_set1_ps(x); }
PHENOPRINT_INLINE Vec zero() { return _mm512_setzero_ps(); }
PHENOPRINT_INLINE Vec load(const float* p) { return _mm512_loadu_ps(p); }
PHENOPRINT_INLINE Vec load(const float* p, Lanes m) { return _mm512_maskz_loadu_ps(m, p); }
PHENOPRINT_INLINE Vec load(const bf16* p, Lanes m) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(m, p)), 16));
}
PHENOPRINT_INLINE void store(float* p, Vec x) { _mm512_storeu_ps(p, x); }
PHENOPRINT_INLINE void store(float* p, Vec x, Lanes m) { _mm512_mask_storeu_ps(p, m, x); }

PHENOPRINT_INLINE Vec add(Vec a, Vec b) { return _mm512_add_ps(a, b); }
PHENOPRINT_INLINE Vec sub(Vec a, Vec b) { return _mm512_sub_ps(a, b); }
PHENOPRINT_INLINE Vec mul(Vec a, Vec b) { return _mm512_mul_ps(a, b); }
PHENOPRINT_INLINE Vec smaller(Vec a, Vec b) { return _mm512_min_ps(a, b); }
PHENOPRINT_INLINE Vec larger(Vec a, Vec b) { return _mm512_max_ps(a, b); }
/** 1 where x is above 0, or else 0. */
PHENOPRINT_INLINE Vec isPositive(Vec x) { return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(x, zero(), _CMP_GT_OQ), splat(1.f)); }
/** a b + c */
PHENOPRINT_INLINE Vec fma(Vec a, Vec b, Vec c) { return _mm512_fmadd_ps(a, b, c); }
/** c - a b */
PHENOPRINT_INLINE Vec fnma(Vec a, Vec b, Vec c) { return _mm512_fnmadd_ps(a, b, c); }
PHENOPRINT_INLINE Vec nearest(Vec x) { return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
/** x 2^n, n whole. */
PHENOPRINT_INLINE Vec scaleByPower(Vec x, Vec n) { return _mm512_scalef_ps(x, n); }
/** 1 / x to 14 bits. */
PHENOPRINT_INLINE Vec roughReciprocal(Vec x) { return _mm512_rcp14_ps(x); }

/** Four bytes each: a float, or two neighbouring bfloat16 of a sum of products. */
using Words = __m512i;
PHENOPRINT_INLINE Words splatWord(uint32_t x) { return _mm512_set1_epi32(static_cast<int>(x)); }
PHENOPRINT_INLINE Words loadWords(const uint32_t* p) { return _mm512_loadu_si512(p); }
PHENOPRINT_INLINE void storeWords(uint32_t* p, Words x, Lanes m) { _mm512_mask_storeu_epi32(p, m, x); }
PHENOPRINT_INLINE Vec asFloats(Words x) { return _mm512_castsi512_ps(x); }
PHENOPRINT_INLINE Words asWords(Vec x) { return _mm512_castps_si512(x); }
/** Words with the values of `low` in their lower half and those of `high` in their upper one. */
PHENOPRINT_INLINE Words interleave(const bf16* low, const bf16* high, Lanes m) {
  const Words upper = _mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(m, high)), 16);
  return _mm512_or_si512(_mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(m, low)), upper);
}
PHENOPRINT_INLINE Vec upperHalf(Words x) { return _mm512_castsi512_ps(_mm512_and_si512(x, _mm512_set1_epi32(int(0xffff0000)))); }
PHENOPRINT_INLINE Vec lowerHalf(Words x) { return _mm512_castsi512_ps(_mm512_slli_epi32(x, 16)); }

#if defined(__AVX512BF16__)
PHENOPRINT_INLINE __m256i narrow(Vec x) { return reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(x)); }
#else
/** To bfloat16, to nearest, ties to even; a NaN stays one. */
PHENOPRINT_INLINE __m256i narrow(Vec x) {
  const __m512i bits = _mm512_castps_si512(x);
  const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
  const __m512i rounded = _mm512_srli_epi32(_mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff))), 16);
  const __mmask16 nan = _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q);
  return _mm512_cvtepi32_epi16(_mm512_mask_blend_epi32(nan, rounded, _mm512_set1_epi32(0x7fc0)));
}
#endif
PHENOPRINT_INLINE void store(bf16* p, Vec x, Lanes m) { _mm256_mask_storeu_epi16(p, m, narrow(x)); }

#else  // AVX2

inline constexpr int kLanes = 8;
inline constexpr int kTileRows = 4;  // 12 sums of 16 registers
inline constexpr int kRun = 4;
using Vec = __m256;

/** Channel counts are multiples of 8: a vector is always full. */
struct Lanes {};
PHENOPRINT_INLINE Lanes lanes(int64_t) { return {}; }

PHENOPRINT_INLINE Vec splat(float x) { return _mm256_set1_ps(x); }
PHENOPRINT_INLINE Vec zero() { return _mm256_setzero_ps(); }
PHENOPRINT_INLINE Vec load(const float* p) { return _mm256_loadu_ps(p); }
PHENOPRINT_INLINE Vec load(const float* p, Lanes) { return _mm256_loadu_ps(p); }
PHENOPRINT_INLINE __m256i widen(const bf16* p) { return _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))); }
PHENOPRINT_INLINE Vec load(const bf16* p, Lanes) { return _mm256_castsi256_ps(_mm256_slli_epi32(widen(p), 16)); }
PHENOPRINT_INLINE void store(float* p, Vec x) { _mm256_storeu_ps(p, x); }
PHENOPRINT_INLINE void store(float* p, Vec x, Lanes) { _mm256_storeu_ps(p, x); }

PHENOPRINT_INLINE Vec add(Vec a, Vec b) { return _mm256_add_ps(a, b); }
PHENOPRINT_INLINE Vec sub(Vec a, Vec b) { return _mm256_sub_ps(a, b); }
PHENOPRINT_INLINE Vec mul(Vec a, Vec b) { return _mm256_mul_ps(a, b); }
PHENOPRINT_INLINE Vec smaller(Vec a, Vec b) { return _mm256_min_ps(a, b); }
PHENOPRINT_INLINE Vec larger(Vec a, Vec b) { return _mm256_max_ps(a, b); }
PHENOPRINT_INLINE Vec isPositive(Vec x) { return _mm256_and_ps(_mm256_cmp_ps(x, zero(), _CMP_GT_OQ), splat(1.f)); }
PHENOPRINT_INLINE Vec fma(Vec a, Vec b, Vec c) { return _mm256_fmadd_ps(a, b, c); }
PHENOPRINT_INLINE Vec fnma(Vec a, Vec b, Vec c) { return _mm256_fnmadd_ps(a, b, c); }
PHENOPRINT_INLINE Vec nearest(Vec x) { return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
/** In two halves, so that neither power leaves the range of a float: from -252 on, below which it is 0 all the same. */
PHENOPRINT_INLINE Vec scaleByPower(Vec x, Vec n) {
  const __m256i power = _mm256_cvtps_epi32(_mm256_max_ps(n, _mm256_set1_ps(-252.f)));
  const __m256i half = _mm256_srai_epi32(power, 1);
  const __m256i bias = _mm256_set1_epi32(127);
  const Vec first = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(half, bias), 23));
  const Vec second = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(_mm256_sub_epi32(power, half), bias), 23));
  return _mm256_mul_ps(_mm256_mul_ps(x, first), second);
}
/** 1 / x: AVX2's estimate has 12 bits, which bfloat16 needs one step more of. */
PHENOPRINT_INLINE Vec roughReciprocal(Vec x) {
  const Vec r = _mm256_rcp_ps(x);
  return _mm256_mul_ps(r, _mm256_fnmadd_ps(x, r, _mm256_set1_ps(2.f)));
}

using Words = __m256i;
PHENOPRINT_INLINE Words splatWord(uint32_t x) { return _mm256_set1_epi32(static_cast<int>(x)); }
PHENOPRINT_INLINE Words loadWords(const uint32_t* p) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)); }
PHENOPRINT_INLINE void storeWords(uint32_t* p, Words x, Lanes) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), x); }
PHENOPRINT_INLINE Vec asFloats(Words x) { return _mm256_castsi256_ps(x); }
PHENOPRINT_INLINE Words asWords(Vec x) { return _mm256_castps_si256(x); }
PHENOPRINT_INLINE Words interleave(const bf16* low, const bf16* high, Lanes) {
  return _mm256_or_si256(widen(low), _mm256_slli_epi32(widen(high), 16));
}
PHENOPRINT_INLINE Vec upperHalf(Words x) { return _mm256_castsi256_ps(_mm256_and_si256(x, _mm256_set1_epi32(int(0xffff0000)))); }
PHENOPRINT_INLINE Vec lowerHalf(Words x) { return _mm256_castsi256_ps(_mm256_slli_epi32(x, 16)); }
PHENOPRINT_INLINE void store(bf16* p, Vec x, Lanes) {
  const __m256i bits = _mm256_castps_si256(x);
  const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
  __m256i rounded = _mm256_srli_epi32(_mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff))), 16);
  const __m256i nan = _mm256_castps_si256(_mm256_cmp_ps(x, x, _CMP_UNORD_Q));
  rounded = _mm256_blendv_epi8(rounded, _mm256_set1_epi32(0x7fc0), nan);
  const __m256i packed = _mm256_permute4x64_epi64(_mm256_packus_epi32(rounded, rounded), 0xd8);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_castsi256_si128(packed));
}

#endif

/** sum += a b, where a word is a float, or two bfloat16 whose products are both added. */
template <class T>
PHENOPRINT_INLINE Vec multiplyAdd(Vec sum, Words a, Words b) {
  if constexpr (sizeof(T) == 4) return fma(asFloats(a), asFloats(b), sum);
#if defined(__AVX512BF16__)
  return _mm512_dpbf16_ps(sum, reinterpret_cast<__m512bh>(a), reinterpret_cast<__m512bh>(b));
#else
  return fma(upperHalf(a), upperHalf(b), fma(lowerHalf(a), lowerHalf(b), sum));
#endif
}

PHENOPRINT_INLINE int64_t roundUp(int64_t n, int64_t to) { return (n + to - 1) / to * to; }

/** Asks for memory that is read, or written, soon. */
PHENOPRINT_INLINE void prefetchRead(const void* p) { __builtin_prefetch(p, 0, 2); }
PHENOPRINT_INLINE void prefetchWrite(void* p) { __builtin_prefetch(p, 1, 2); }

}  // namespace phenoprint::kernels::PHENOPRINT_ISA
