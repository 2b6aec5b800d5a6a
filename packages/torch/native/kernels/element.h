#pragma once
#include <cstdint>

namespace phenoprint::kernels {

/** A bfloat16 as it lies in memory: the upper half of a float. */
struct bf16 {
  uint16_t bits;
};

/** Elements of T in a word of four bytes, the unit of the matrix product. */
template <class T>
inline constexpr int64_t kPerWord = 4 / sizeof(T);

}  // namespace phenoprint::kernels
