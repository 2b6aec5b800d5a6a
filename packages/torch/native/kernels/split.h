#pragma once
#include <cstring>

#include "shapes.h"
#include "simd.h"

#if defined(__AMX_BF16__)
// Floats as sums of three bfloat16, for the tile registers: x = h + m + l exactly, because 3 x 8 bits hold
// the 24 of a float. Six of the nine products of two such sums make the product of two floats,
//   h h + h m + m h + h l + l h + m m,
// the rest lying below 2^-26 of it. Source: Henry, Tang and Heinecke, arXiv:1904.06376.
namespace phenoprint::kernels::PHENOPRINT_ISA {

inline constexpr int kTerms = 6;

/** Which part of either side a term has: 0 is h, 1 is m, 2 is l. */
inline constexpr int kLeftParts[kTerms] = {0, 0, 1, 0, 2, 1};
inline constexpr int kRightParts[kTerms] = {0, 1, 0, 2, 0, 1};

/** The parts of 32 floats, as 16 words. */
struct Split {
  Words part[3];
};

PHENOPRINT_INLINE Words narrowBoth(Vec low, Vec high) { return reinterpret_cast<Words>(_mm512_cvtne2ps_pbh(high, low)); }

/** Of floats that follow each other. */
PHENOPRINT_INLINE Split splitRow(Vec first, Vec second) {
  Split split;
#pragma GCC unroll 3
  for (int p = 0; p < 3; ++p) {
    const Words part = narrowBoth(first, second);
    split.part[p] = part;
    first = sub(first, _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm512_castsi512_si256(part)), 16)));
    second = sub(second, _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm512_extracti64x4_epi64(part, 1)), 16)));
  }
  return split;
}

/** Of floats above each other: a word has one of the upper row in its lower half. */
PHENOPRINT_INLINE Split splitPair(Vec upper, Vec lower) {
  const __m512i order = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21, 5, 20, 4,
                                         19, 3, 18, 2, 17, 1, 16, 0);
  Split split;
#pragma GCC unroll 3
  for (int p = 0; p < 3; ++p) {
    split.part[p] = _mm512_permutexvar_epi16(order, narrowBoth(upper, lower));
    upper = sub(upper, lowerHalf(split.part[p]));
    lower = sub(lower, upperHalf(split.part[p]));
  }
  return split;
}

/** The first n lanes, none where n is below 1. */
PHENOPRINT_INLINE Lanes lanesOrNone(int64_t n) { return n <= 0 ? Lanes(0) : lanes(n); }

/** A row of floats as A's words: three parts as far as they fill tiles, the terms' parts of the rest behind each other, zeros. */
static void splitLeftRow(const float* x, int64_t depth, uint32_t* row) {
  const SplitDepth split = splitDepth(depth);
  for (int64_t w = 0; w < split.whole; w += kLanes) {
    const Split s = splitRow(load(x + 2 * w), load(x + 2 * w + kLanes));
#pragma GCC unroll 3
    for (int p = 0; p < 3; ++p) storeWords(row + p * split.whole + w, s.part[p], lanes(kLanes));
  }
  if (split.rest == 0) return;
  const int64_t first = 2 * split.whole, left = depth - first;
  const Split s = splitRow(load(x + first, lanesOrNone(left)), load(x + first + kLanes, lanesOrNone(left - kLanes)));
  uint32_t* place = row + 3 * split.whole;
  for (const int part : kLeftParts) {
    storeWords(place, s.part[part], lanes(split.rest));
    place += split.rest;
  }
  storeWords(place, _mm512_setzero_si512(), lanesOrNone(row + split.words - place));
}

/**
 * Rows 2 k and 2 k + 1 of floats as words of B, or of A' before it is turned.
 *
 * @param word k
 * @param parts which part each term takes.
 * @param panel `[split words][stride]`
 */
static void splitRows(const float* upper, const float* lower, int64_t columns, const SplitDepth& split, int64_t word,
                      const int (&parts)[kTerms], uint32_t* panel, int64_t stride) {
  const bool inRest = word >= split.whole;
  uint32_t* place = panel + (inRest ? 3 * split.whole + word - split.whole : word) * stride;
  for (int64_t c = 0; c < columns; c += kLanes) {
    const Lanes inside = lanes(columns - c);
    const Split s = splitPair(load(upper + c, inside), lower == nullptr ? zero() : load(lower + c, inside));
    if (inRest) {
#pragma GCC unroll 6
      for (int t = 0; t < kTerms; ++t) storeWords(place + t * split.rest * stride + c, s.part[parts[t]], lanes(kLanes));
    } else {
#pragma GCC unroll 3
      for (int p = 0; p < 3; ++p) storeWords(place + p * split.whole * stride + c, s.part[p], lanes(kLanes));
    }
  }
}

/** Zeros behind the terms of the rest. */
static void clearBehindRest(const SplitDepth& split, uint32_t* panel, int64_t stride) {
  const int64_t used = 3 * split.whole + kTerms * split.rest;
  std::memset(panel + used * stride, 0, (split.words - used) * stride * sizeof(uint32_t));
}

}  // namespace phenoprint::kernels::PHENOPRINT_ISA
#endif
