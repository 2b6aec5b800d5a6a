#pragma once
#include "tile_product.h"

namespace phenoprint::kernels::PHENOPRINT_ISA {

/** Products of `rows` rows of A with `columns` columns of B, `words` words deep; fetches what comes next. */
template <class T, class Epilogue>
static void multiply(int64_t rows, int64_t words, int64_t columns, const Left& left, const Right& right, Epilogue epilogue,
                     Ahead& ahead) {
#if defined(__AMX_BF16__)
  if constexpr (sizeof(T) == 2) return multiplyOnTiles(rows, words, columns, left, right, epilogue, ahead);
#endif
  multiplyOnVectors<T>(rows, words, columns, left, right, epilogue, ahead);
}

}  // namespace phenoprint::kernels::PHENOPRINT_ISA
