#pragma once
#include "simd.h"
#include "shapes.h"

// The stem, a convolution of 3 x 3 with stride 2, is a matrix product over the patches of the image.
namespace phenoprint::kernels::PHENOPRINT_ISA {

inline constexpr int kStemKernel = 3, kStemStride = 2;

/** Values of a patch, rounded up to whole words: the last may be a zero. */
template <class T>
static inline int64_t patchSize(const StemImage& image) {
  return roundUp(kStemKernel * kStemKernel * image.channels, kPerWord<T>);
}

PHENOPRINT_INLINE void put(float* place, float value) { *place = value; }
PHENOPRINT_INLINE void put(bf16* place, float value) {
  uint32_t bits;
  __builtin_memcpy(&bits, &value, 4);
  const bool nan = (bits & 0x7fffffff) > 0x7f800000;
  place->bits = nan ? uint16_t(0x7fc0) : static_cast<uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

/** Copies floats, or zeros where `from` is null. */
template <class T>
PHENOPRINT_INLINE void copyValues(const float* from, int64_t count, T* to) {
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) store(to + i, from == nullptr ? zero() : load(from + i), lanes(kLanes));
  for (; i < count; ++i) put(to + i, from == nullptr ? 0.f : from[i]);
}

/** Patches `[row, ky kx channel]` of output pixels first to first + count - 1, counted over all samples. */
template <class T>
static void gatherPatches(const StemImage& image, int64_t first, int64_t count, T* patches) {
  const int64_t size = patchSize<T>(image), line = kStemKernel * image.channels;
  const int64_t perSample = image.outHeight * image.outWidth;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t sample = (first + i) / perSample, pixel = (first + i) % perSample;
    const int64_t top = pixel / image.outWidth * kStemStride - image.padTop;
    const int64_t left = pixel % image.outWidth * kStemStride - image.padLeft;
    T* patch = patches + i * size;
    for (int ky = 0; ky < kStemKernel; ++ky, patch += line) {
      const int64_t y = top + ky;
      if (y < 0 || y >= image.height) {
        copyValues<T>(nullptr, line, patch);
        continue;
      }
      const float* row = image.data + (sample * image.height + y) * image.width * image.channels;
      if (left >= 0 && left + kStemKernel <= image.width) {
        copyValues(row + left * image.channels, line, patch);
        continue;
      }
      for (int kx = 0; kx < kStemKernel; ++kx) {
        const int64_t x = left + kx;
        copyValues(x < 0 || x >= image.width ? nullptr : row + x * image.channels, image.channels, patch + kx * image.channels);
      }
    }
    if (size > kStemKernel * line) put(patches + i * size + size - 1, 0.f);
  }
}

}  // namespace phenoprint::kernels::PHENOPRINT_ISA
