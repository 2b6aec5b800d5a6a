#pragma once
#include "split_product.h"

namespace phenoprint::kernels::PHENOPRINT_ISA {

/**
 * Whether a matrix of floats is packed for tile registers: where those exist, and where the product is large
 * enough to pay for taking its other side apart (bench/kernels measures both).
 */
static inline bool isSplit([[maybe_unused]] int64_t depth, [[maybe_unused]] int64_t columns) {
#if defined(__AMX_BF16__)
  return depth >= 40 && columns >= 80;
#else
  return false;
#endif
}

#if defined(__AMX_BF16__)
/** Where nothing is packed, both sides are to be taken apart. */
static inline bool isWorthSplitting(int64_t rows, int64_t depth, int64_t columns) {
  return rows >= 96 && depth >= 32 && columns >= 96;
}
#endif

/** Products of `rows` rows of A with `columns` columns of B, `words` words deep; fetches what comes next. */
template <class T, class Epilogue>
static void multiply(int64_t rows, int64_t words, int64_t columns, const Left& left, const Right& right, Epilogue epilogue,
                     Ahead& ahead) {
#if defined(__AMX_BF16__)
  if constexpr (sizeof(T) == 2) return multiplyPairs(rows, words, columns, left, right, epilogue, ahead);
  if constexpr (sizeof(T) == 4) {
    const bool splits = right.stride == 0 ? isSplit(words, columns) : isWorthSplitting(rows, words, columns);
    if (splits) return multiplySplit(rows, words, columns, left, right, epilogue, ahead);
  }
#endif
  multiplyOnVectors<T>(rows, words, columns, left, right, epilogue, ahead);
}

}  // namespace phenoprint::kernels::PHENOPRINT_ISA
