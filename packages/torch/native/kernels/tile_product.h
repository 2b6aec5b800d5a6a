#pragma once
#include "gemm.h"

#include <initializer_list>

#if defined(__AMX_BF16__)
// The matrix product of bfloat16 on the processor's tile registers (Intel AMX): a tile is 16 rows of 16
// words, and one instruction multiplies two of them. Operands and epilogues are those of gemm.h.
namespace phenoprint::kernels::PHENOPRINT_ISA {

inline constexpr int kTile = 16;

// Registers: three tiles of C, one of A and of B, and those of their last, narrower part.
#define PHENOPRINT_TILE_A 3
#define PHENOPRINT_TILE_A_REST 4
#define PHENOPRINT_TILE_B 5
#define PHENOPRINT_TILE_B_REST 6

/** The shapes of the registers, while it lives. */
class TileShapes {
 public:
  /** @param rest words of the reduction behind the last whole tile. */
  TileShapes(int64_t rows, int64_t rest) {
    alignas(64) Layout layout{};
    layout.palette = 1;
    for (int tile = 0; tile < 7; ++tile) {
      layout.rows[tile] = static_cast<uint8_t>(rows);
      layout.bytes[tile] = kTile * 4;
    }
    layout.bytes[PHENOPRINT_TILE_A_REST] = static_cast<uint16_t>((rest > 0 ? rest : 1) * 4);
    layout.rows[PHENOPRINT_TILE_B] = kTile;
    layout.rows[PHENOPRINT_TILE_B_REST] = static_cast<uint8_t>(rest > 0 ? rest : 1);
    _tile_loadconfig(&layout);
  }
  ~TileShapes() { _tile_release(); }
  TileShapes(const TileShapes&) = delete;
  TileShapes& operator=(const TileShapes&) = delete;

 private:
  /** As the instruction reads it. */
  struct Layout {
    uint8_t palette, start;
    uint8_t reserved[14];
    uint16_t bytes[16];
    uint8_t rows[16];
  };
};

/** One stripe of up to 16 rows times VECTORS tiles of columns, into floats `[16][VECTORS * 16]`. */
template <int VECTORS>
static inline void multiplyStripe(int64_t words, const uint32_t* a, int64_t aStride, const uint32_t* b, int64_t bStride, float* c) {
  _tile_zero(0);
  if constexpr (VECTORS > 1) _tile_zero(1);
  if constexpr (VECTORS > 2) _tile_zero(2);
  int64_t k = 0;
  for (; k + kTile <= words; k += kTile, b += kTile * bStride) {
    _tile_loadd(PHENOPRINT_TILE_A, a + k, aStride * 4);
    _tile_loadd(PHENOPRINT_TILE_B, b, bStride * 4);
    _tile_dpbf16ps(0, PHENOPRINT_TILE_A, PHENOPRINT_TILE_B);
    if constexpr (VECTORS > 1) {
      _tile_loadd(PHENOPRINT_TILE_B, b + kTile, bStride * 4);
      _tile_dpbf16ps(1, PHENOPRINT_TILE_A, PHENOPRINT_TILE_B);
    }
    if constexpr (VECTORS > 2) {
      _tile_loadd(PHENOPRINT_TILE_B, b + 2 * kTile, bStride * 4);
      _tile_dpbf16ps(2, PHENOPRINT_TILE_A, PHENOPRINT_TILE_B);
    }
  }
  if (k < words) {
    _tile_loadd(PHENOPRINT_TILE_A_REST, a + k, aStride * 4);
    _tile_loadd(PHENOPRINT_TILE_B_REST, b, bStride * 4);
    _tile_dpbf16ps(0, PHENOPRINT_TILE_A_REST, PHENOPRINT_TILE_B_REST);
    if constexpr (VECTORS > 1) {
      _tile_loadd(PHENOPRINT_TILE_B_REST, b + kTile, bStride * 4);
      _tile_dpbf16ps(1, PHENOPRINT_TILE_A_REST, PHENOPRINT_TILE_B_REST);
    }
    if constexpr (VECTORS > 2) {
      _tile_loadd(PHENOPRINT_TILE_B_REST, b + 2 * kTile, bStride * 4);
      _tile_dpbf16ps(2, PHENOPRINT_TILE_A_REST, PHENOPRINT_TILE_B_REST);
    }
  }
  constexpr int kBytes = VECTORS * kTile * 4;
  _tile_stored(0, c, kBytes);
  if constexpr (VECTORS > 1) _tile_stored(1, c + kTile, kBytes);
  if constexpr (VECTORS > 2) _tile_stored(2, c + 2 * kTile, kBytes);
}

/** Hands ROWS rows of a stripe to the epilogue. */
template <int ROWS, int VECTORS, class Epilogue>
PHENOPRINT_INLINE void finishRows(const float* c, int64_t row, int64_t column, Epilogue& epilogue) {
  Vec sums[ROWS][VECTORS];
#pragma GCC unroll 8
  for (int i = 0; i < ROWS; ++i)
#pragma GCC unroll 3
    for (int v = 0; v < VECTORS; ++v) sums[i][v] = load(c + (i * VECTORS + v) * kLanes);
  epilogue.template tile<ROWS, VECTORS>(row, column, sums);
}

template <int VECTORS, class Epilogue>
static inline void multiplyStripes(int64_t begin, int64_t rows, int64_t words, const uint32_t* a, int64_t aStride,
                                   const uint32_t* b, int64_t bStride, int64_t column, Epilogue& epilogue, Ahead& ahead) {
  alignas(64) float c[kTile * VECTORS * kTile];
  for (int64_t row = begin; row < begin + rows; row += kTile) {
    const int64_t count = begin + rows - row < kTile ? begin + rows - row : kTile;
    if (ahead.beginTile(1) > 0) ahead.step();
    multiplyStripe<VECTORS>(words, a + row * aStride, aStride, b, bStride, c);
    if (ahead.beginTile(1) > 0) ahead.step();
    int64_t i = 0;
    for (; i + kTileRows <= count; i += kTileRows)
      finishRows<kTileRows, VECTORS>(c + i * VECTORS * kLanes, row + i, column, epilogue);
    for (; i < count; ++i) finishRows<1, VECTORS>(c + i * VECTORS * kLanes, row + i, column, epilogue);
  }
}

/** 16 x 16 words: row i of the result is column i of `columns`, whose rows lie `stride` words apart. */
static inline void transposeWords(const uint32_t* columns, int64_t stride, int64_t rows, int64_t depth, uint32_t* result,
                                  int64_t resultStride) {
  const Lanes present = lanes(rows);
  Words r[kTile], t[kTile];
#pragma GCC unroll 16
  for (int k = 0; k < kTile; ++k)
    r[k] = k < depth ? _mm512_maskz_loadu_epi32(present, columns + k * stride) : _mm512_setzero_si512();
#pragma GCC unroll 8
  for (int i = 0; i < kTile; i += 2) {
    t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < kTile; i += 4) {
    r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
    r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
    r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
    r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
  }
#pragma GCC unroll 4
  for (int j = 0; j < 4; ++j) {
    const Words low0 = _mm512_shuffle_i32x4(r[j], r[4 + j], 0x44), low1 = _mm512_shuffle_i32x4(r[8 + j], r[12 + j], 0x44);
    const Words high0 = _mm512_shuffle_i32x4(r[j], r[4 + j], 0xee), high1 = _mm512_shuffle_i32x4(r[8 + j], r[12 + j], 0xee);
    t[j] = _mm512_shuffle_i32x4(low0, low1, 0x88);
    t[4 + j] = _mm512_shuffle_i32x4(low0, low1, 0xdd);
    t[8 + j] = _mm512_shuffle_i32x4(high0, high1, 0x88);
    t[12 + j] = _mm512_shuffle_i32x4(high0, high1, 0xdd);
  }
  const Lanes stored = lanes(depth);
#pragma GCC unroll 16
  for (int i = 0; i < kTile; ++i)
    if (i < rows) storeWords(result + i * resultStride, t[i], stored);
}

/** As {@link multiply}, for bfloat16. */
template <class Epilogue>
static void multiplyOnTiles(int64_t rows, int64_t words, int64_t columns, const Left& left, const Right& right,
                            Epilogue epilogue, Ahead& ahead) {
  const bool turn = left.rowStride == 1 && words > 1;
  const Scratch turned(turn ? rows * words * sizeof(uint32_t) : 0);
  const uint32_t* a = turn ? turned.as<uint32_t>() : left.words;
  const int64_t aStride = turn ? words : left.rowStride;
  if (turn) {
    for (int64_t row = 0; row < rows; row += kTile)
      for (int64_t k = 0; k < words; k += kTile)
        transposeWords(left.words + row + k * left.wordStride, left.wordStride, rows - row, words - k,
                       turned.as<uint32_t>() + row * words + k, words);
  }
  const int64_t vectors = (columns + kLanes - 1) / kLanes;
  const int64_t whole = rows / kTile * kTile;
  for (const Span part : {Span{0, whole}, Span{whole, rows}}) {
    if (part.begin == part.end) continue;
    const TileShapes shapes(part.end - part.begin < kTile ? part.end - part.begin : kTile, words % kTile);
    for (int64_t done = 0; done < vectors;) {
      const int wide = panelVectors(vectors - done);
      const int64_t column = done * kLanes, count = part.end - part.begin;
      const uint32_t* b = right.words + (right.stride == 0 ? words * column : column);
      const int64_t stride = right.stride == 0 ? wide * kLanes : right.stride;
      if (wide == 3) {
        multiplyStripes<3>(part.begin, count, words, a, aStride, b, stride, column, epilogue, ahead);
      } else if (wide == 2) {
        multiplyStripes<2>(part.begin, count, words, a, aStride, b, stride, column, epilogue, ahead);
      } else {
        multiplyStripes<1>(part.begin, count, words, a, aStride, b, stride, column, epilogue, ahead);
      }
      done += wide;
    }
  }
}

}  // namespace phenoprint::kernels::PHENOPRINT_ISA
#endif
