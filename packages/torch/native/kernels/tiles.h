#pragma once
#include <initializer_list>

#include "gemm.h"

#if defined(__AMX_BF16__)
// The processor's tile registers (Intel AMX): 16 rows of 16 words, and an instruction that multiplies two
// of them. The intrinsics of GCC 12 do not say that they read memory; these do.
namespace phenoprint::kernels::PHENOPRINT_ISA {

inline constexpr int kTile = 16;
inline constexpr int kTileRegisters = 8;

struct TileShape {
  int64_t rows, words;
};

/** The shapes of the registers, while it lives. */
class TileShapes {
 public:
  explicit TileShapes(const TileShape (&shapes)[kTileRegisters]) {
    alignas(64) Layout layout{};
    layout.palette = 1;
    for (int tile = 0; tile < kTileRegisters; ++tile) {
      layout.rows[tile] = static_cast<uint8_t>(shapes[tile].rows);
      layout.bytes[tile] = static_cast<uint16_t>(shapes[tile].words * 4);
    }
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

template <int TILE>
PHENOPRINT_INLINE void zeroTile() {
  asm volatile("tilezero %%tmm%c0" ::"i"(TILE));
}

/** @param stride from a row to the next, in words. */
template <int TILE>
PHENOPRINT_INLINE void loadTile(const uint32_t* words, int64_t stride) {
  asm volatile("tileloadd (%0,%1,1), %%tmm%c2" ::"r"(words), "r"(stride * 4), "i"(TILE) : "memory");
}

template <int TILE>
PHENOPRINT_INLINE void storeTile(float* place, int64_t stride) {
  asm volatile("tilestored %%tmm%c2, (%0,%1,1)" ::"r"(place), "r"(stride * 4), "i"(TILE) : "memory");
}

/** SUM += LEFT RIGHT. */
template <int SUM, int LEFT, int RIGHT>
PHENOPRINT_INLINE void multiplyTiles() {
  asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(SUM), "i"(LEFT), "i"(RIGHT));
}

/** Hands ROWS rows of a stripe of floats `[16][VECTORS * 16]` to the epilogue. */
template <int ROWS, int VECTORS, class Epilogue>
PHENOPRINT_INLINE void finishRows(const float* c, int64_t row, int64_t column, Epilogue& epilogue) {
  Vec sums[ROWS][VECTORS];
#pragma GCC unroll 8
  for (int i = 0; i < ROWS; ++i)
#pragma GCC unroll 3
    for (int v = 0; v < VECTORS; ++v) sums[i][v] = load(c + (i * VECTORS + v) * kLanes);
  epilogue.template tile<ROWS, VECTORS>(row, column, sums);
}

template <int VECTORS, class Stripe, class Epilogue>
static inline void multiplyPanelOnTiles(Span rows, const Stripe& stripe, const Right& b, int64_t column, Epilogue& epilogue,
                                        Ahead& ahead) {
  alignas(64) float c[kTile * VECTORS * kTile];
  for (int64_t row = rows.begin; row < rows.end; row += kTile) {
    const int64_t count = rows.end - row < kTile ? rows.end - row : kTile;
    if (ahead.beginTile(1) > 0) ahead.step();
    stripe.template multiply<VECTORS>(row, b, c);
    if (ahead.beginTile(1) > 0) ahead.step();
    int64_t i = 0;
    for (; i + kTileRows <= count; i += kTileRows)
      finishRows<kTileRows, VECTORS>(c + i * VECTORS * kLanes, row + i, column, epilogue);
    for (; i < count; ++i) finishRows<1, VECTORS>(c + i * VECTORS * kLanes, row + i, column, epilogue);
  }
}

/**
 * All stripes of 16 rows with all panels.
 *
 * @param stripe has `words`, the depth of its panels; `layOut(rows)`, its registers; and
 *   `multiply<VECTORS>(row, panel, c)`, which writes a stripe of floats `[16][VECTORS * 16]`.
 */
template <class Stripe, class Epilogue>
static void multiplyStripes(int64_t rows, int64_t columns, const Stripe& stripe, const Right& right, Epilogue& epilogue,
                            Ahead& ahead) {
  const int64_t vectors = (columns + kLanes - 1) / kLanes, whole = rows / kTile * kTile;
  for (const Span part : {Span{0, whole}, Span{whole, rows}}) {
    if (part.begin == part.end) continue;
    const auto registers = stripe.layOut(part.end - part.begin < kTile ? part.end - part.begin : kTile);
    for (int64_t done = 0; done < vectors;) {
      const int wide = panelVectors(vectors - done);
      const int64_t column = done * kLanes;
      const Right b{right.words + (right.stride == 0 ? stripe.words * column : column), right.stride == 0 ? wide * kLanes : right.stride};
      if (wide == 3) {
        multiplyPanelOnTiles<3>(part, stripe, b, column, epilogue, ahead);
      } else if (wide == 2) {
        multiplyPanelOnTiles<2>(part, stripe, b, column, epilogue, ahead);
      } else {
        multiplyPanelOnTiles<1>(part, stripe, b, column, epilogue, ahead);
      }
      done += wide;
    }
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

/** Rows of words from their columns, whose words lie `stride` apart. */
static void transposeAll(const uint32_t* columns, int64_t stride, int64_t rows, int64_t words, uint32_t* result) {
  for (int64_t row = 0; row < rows; row += kTile)
    for (int64_t k = 0; k < words; k += kTile)
      transposeWords(columns + row + k * stride, stride, rows - row, words - k, result + row * words + k, words);
}

}  // namespace phenoprint::kernels::PHENOPRINT_ISA
#endif
