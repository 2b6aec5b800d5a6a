#pragma once
#include "split.h"
#include "tile_product.h"

#if defined(__AMX_BF16__)
// The matrix product of floats on tile registers, by the six terms of split.h.
namespace phenoprint::kernels::PHENOPRINT_ISA {

/** Rows of split floats. */
struct SplitStripe {
  // Registers: three tiles of C, the parts of A, two of B.
  static constexpr int kA = 3, kB = 6;

  /** Of a row, and of each part that fills tiles. */
  int64_t words, whole;
  const uint32_t* a;

  TileShapes layOut(int64_t rows) const {
    const TileShape left{rows, kTile}, right{kTile, kTile};
    return TileShapes({left, left, left, left, left, left, right, right});
  }

  template <int VECTORS>
  PHENOPRINT_INLINE_MEMBER void multiply(int64_t row, const Right& right, float* c) const {
    const uint32_t* left = a + row * words;
    const auto b = [&](int64_t k) __attribute__((always_inline)) { return right.words + k * right.stride; };
    zeroTile<0>();
    if constexpr (VECTORS > 1) zeroTile<1>();
    if constexpr (VECTORS > 2) zeroTile<2>();
    for (int64_t k = 0; k < whole; k += kTile) {
      loadTile<kA>(left + k, words);
      loadTile<kA + 1>(left + whole + k, words);
      loadTile<kA + 2>(left + 2 * whole + k, words);
      addParts<0>(b(k), right.stride);
      if constexpr (VECTORS > 1) addParts<1>(b(k) + kTile, right.stride);
      if constexpr (VECTORS > 2) addParts<2>(b(k) + 2 * kTile, right.stride);
    }
    for (int64_t k = 3 * whole; k < words; k += kTile) {
      loadTile<kA>(left + k, words);
      addRest<0>(b(k), right.stride);
      if constexpr (VECTORS > 1) addRest<1>(b(k) + kTile, right.stride);
      if constexpr (VECTORS > 2) addRest<2>(b(k) + 2 * kTile, right.stride);
    }
    storeTile<0>(c, VECTORS * kTile);
    if constexpr (VECTORS > 1) storeTile<1>(c + kTile, VECTORS * kTile);
    if constexpr (VECTORS > 2) storeTile<2>(c + 2 * kTile, VECTORS * kTile);
  }

 private:
  /** The six terms of one tile of B, whose parts are read once; the small terms first. */
  template <int SUM>
  PHENOPRINT_INLINE_MEMBER void addParts(const uint32_t* b, int64_t stride) const {
    loadTile<kB>(b + 2 * whole * stride, stride);
    loadTile<kB + 1>(b + whole * stride, stride);
    multiplyTiles<SUM, kA, kB>();
    multiplyTiles<SUM, kA + 1, kB + 1>();
    loadTile<kB>(b, stride);
    multiplyTiles<SUM, kA + 2, kB>();
    multiplyTiles<SUM, kA, kB + 1>();
    multiplyTiles<SUM, kA + 1, kB>();
    multiplyTiles<SUM, kA, kB>();
  }

  template <int SUM>
  PHENOPRINT_INLINE_MEMBER void addRest(const uint32_t* b, int64_t stride) const {
    loadTile<kB>(b, stride);
    multiplyTiles<SUM, kA, kB>();
  }
};

/** Rows `[k, column]` of floats that lie `stride` apart, split into `[split words][columns, padded]`. */
static void splitPanel(const float* rows, int64_t depth, int64_t columns, int64_t stride, const int (&parts)[kTerms], uint32_t* panel) {
  const SplitDepth split = splitDepth(depth);
  const int64_t width = padded(columns);
  for (int64_t k = 0; k < depth; k += 2)
    splitRows(rows + k * stride, k + 1 < depth ? rows + (k + 1) * stride : nullptr, columns, split, k / 2, parts, panel, width);
  clearBehindRest(split, panel, width);
}

/** As {@link multiply}, for floats whose panels are split. */
template <class Epilogue>
static void multiplySplit(int64_t rows, int64_t depth, int64_t columns, const Left& left, const Right& right, Epilogue epilogue,
                          Ahead& ahead) {
  const SplitDepth split = splitDepth(depth);
  const int64_t words = split.words;
  const Scratch a(rows * words * sizeof(uint32_t)), b(right.stride == 0 ? 0 : words * padded(columns) * sizeof(uint32_t));
  uint32_t* parts = a.as<uint32_t>();
  if (left.wordStride == 1) {
    for (int64_t row = 0; row < rows; ++row)
      splitLeftRow(reinterpret_cast<const float*>(left.words) + row * left.rowStride, depth, parts + row * words);
  } else {
    const Scratch turned(words * padded(rows) * sizeof(uint32_t));
    splitPanel(reinterpret_cast<const float*>(left.words), depth, rows, left.wordStride, kLeftParts, turned.as<uint32_t>());
    transposeAll(turned.as<uint32_t>(), padded(rows), rows, words, parts);
  }
  Right panels = right;
  if (right.stride != 0) {
    splitPanel(reinterpret_cast<const float*>(right.words), depth, columns, right.stride, kRightParts, b.as<uint32_t>());
    panels = {b.as<uint32_t>(), padded(columns)};
  }
  multiplyStripes(rows, columns, SplitStripe{words, split.whole, parts}, panels, epilogue, ahead);
}

}  // namespace phenoprint::kernels::PHENOPRINT_ISA
#endif
