#pragma once
#include "tiles.h"

#if defined(__AMX_BF16__)
// The matrix product of bfloat16 on tile registers. Operands and epilogues are those of gemm.h.
namespace phenoprint::kernels::PHENOPRINT_ISA {

/** Rows of pairs of bfloat16. */
struct PairStripe {
  // Registers: three tiles of C, one of A and of B, and those of their last, narrower part.
  static constexpr int kA = 3, kRestA = 4, kB = 5, kRestB = 6;

  int64_t words;
  const uint32_t* a;
  int64_t stride;

  TileShapes layOut(int64_t rows) const {
    const int64_t rest = words % kTile == 0 ? 1 : words % kTile;
    const TileShape sum{rows, kTile};
    return TileShapes({sum, sum, sum, {rows, kTile}, {rows, rest}, {kTile, kTile}, {rest, kTile}, {1, 1}});
  }

  template <int VECTORS>
  PHENOPRINT_INLINE_MEMBER void multiply(int64_t row, const Right& right, float* c) const {
    const uint32_t *left = a + row * stride, *b = right.words;
    zeroTile<0>();
    if constexpr (VECTORS > 1) zeroTile<1>();
    if constexpr (VECTORS > 2) zeroTile<2>();
    int64_t k = 0;
    for (; k + kTile <= words; k += kTile) add<VECTORS, kA, kB>(left + k, b + k * right.stride, right.stride);
    if (k < words) add<VECTORS, kRestA, kRestB>(left + k, b + k * right.stride, right.stride);
    storeTile<0>(c, VECTORS * kTile);
    if constexpr (VECTORS > 1) storeTile<1>(c + kTile, VECTORS * kTile);
    if constexpr (VECTORS > 2) storeTile<2>(c + 2 * kTile, VECTORS * kTile);
  }

 private:
  template <int VECTORS, int A, int B>
  PHENOPRINT_INLINE_MEMBER void add(const uint32_t* left, const uint32_t* b, int64_t bStride) const {
    loadTile<A>(left, stride);
    loadTile<B>(b, bStride);
    multiplyTiles<0, A, B>();
    if constexpr (VECTORS > 1) {
      loadTile<B>(b + kTile, bStride);
      multiplyTiles<1, A, B>();
    }
    if constexpr (VECTORS > 2) {
      loadTile<B>(b + 2 * kTile, bStride);
      multiplyTiles<2, A, B>();
    }
  }
};

/** As {@link multiply}, for bfloat16. */
template <class Epilogue>
static void multiplyPairs(int64_t rows, int64_t words, int64_t columns, const Left& left, const Right& right,
                          Epilogue epilogue, Ahead& ahead) {
  const bool turn = left.rowStride == 1 && words > 1;
  const Scratch turned(turn ? rows * words * sizeof(uint32_t) : 0);
  if (turn) transposeAll(left.words, left.wordStride, rows, words, turned.as<uint32_t>());
  const PairStripe stripe =
      turn ? PairStripe{words, turned.as<uint32_t>(), words} : PairStripe{words, left.words, left.rowStride};
  multiplyStripes(rows, columns, stripe, right, epilogue, ahead);
}

}  // namespace phenoprint::kernels::PHENOPRINT_ISA
#endif
