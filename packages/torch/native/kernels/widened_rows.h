#pragma once
#include "blocked_rows.h"
#include "panels.h"
#include "patches.h"

// The wide input of a block's depthwise convolution, act(norm(W x)), computed some rows at a time where
// it is read and never stored as a whole.
namespace phenoprint::kernels::PHENOPRINT_ISA {

/** Pixels that are widened at once, at least: enough rows for the matrix product. */
inline constexpr int64_t kWidenedPixels = 64;

static inline int64_t widenedAtOnce(const DepthwiseShape& s) {
  const int64_t wanted = (kWidenedPixels + s.width - 1) / s.width;
  return wanted < s.height ? wanted : s.height;
}

/** Stores act(scale product + shift) as pixels of channel blocks; the scale is 1 where there is none. */
template <class T, class Act>
struct ActivateToRing {
  /** Of each row of the product, its pixel in the first channel block. */
  float* const* places;
  /** Floats from one channel block to the next. */
  int64_t blockSize;
  Affine norm;

  template <int ROWS, int VECTORS>
  PHENOPRINT_INLINE_MEMBER void tile(int64_t row, int64_t column, Vec (&products)[ROWS][VECTORS]) {
    Vec copy[ROWS][VECTORS];
#pragma GCC unroll 8
    for (int i = 0; i < ROWS; ++i)
#pragma GCC unroll 3
      for (int v = 0; v < VECTORS; ++v) copy[i][v] = products[i][v];
    activate(row, column, copy);
  }

 private:
  /** Apart from the product's loop: the activation's constants would take the registers of its sums. */
  template <int ROWS, int VECTORS>
  __attribute__((noinline)) void activate(int64_t row, int64_t column, const Vec (&products)[ROWS][VECTORS]) const {
    for (int v = 0; v < VECTORS; ++v) {
      const int64_t c = column + v * kLanes;
      const Vec scale = norm.scale == nullptr ? splat(1.f) : load(norm.scale + c), shift = load(norm.shift + c);
#pragma GCC unroll 8
      for (int i = 0; i < ROWS; ++i)
        store(places[row + i] + c / kLanes * blockSize, Act::template value<T>(fma(products[i][v], scale, shift)));
    }
  }
};

/** Fills a ring with the rows of one sample's wide image, some at once. */
template <class T, class Act>
class WidenedRows {
 public:
  /** @param ring with room for widenedAtOnce(shape) - 1 rows more than are read at once. */
  WidenedRows(const DepthwiseShape& shape, const Widening& widening, const Ring& ring)
      : shape_(shape),
        widening_(widening),
        ring_(ring),
        rowsAtOnce_(widenedAtOnce(shape)),
        places_(rowsAtOnce_ * shape.width * sizeof(float*)),
        patches_(widening.image == nullptr ? 0 : rowsAtOnce_ * shape.width * patchSize<T>(*widening.image) * sizeof(T) + 64) {}

  /** Computes rows of the sample from `next` on until row `end` is there, or the image ends. */
  void fillTo(int64_t sample, int64_t end, int64_t& next) {
    const int64_t last = end < shape_.height ? end : shape_.height;
    while (next < last) {
      const int64_t count = shape_.height - next < rowsAtOnce_ ? shape_.height - next : rowsAtOnce_;
      if (widening_.panels == nullptr) {
        copy(sample, next, count);
      } else {
        widen(sample, next, count);
      }
      next += count;
    }
  }

 private:
  const T* pixels(int64_t sample, int64_t y) const {
    return static_cast<const T*>(widening_.input) + (sample * shape_.height + y) * shape_.width * widening_.inChannels;
  }

  void copy(int64_t sample, int64_t first, int64_t count) {
    for (int64_t y = first; y < first + count; ++y)
      copyRow(pixels(sample, y), shape_.width, shape_.channels, {0, shape_.channels}, ring_, ring_.row(y));
  }

  void widen(int64_t sample, int64_t first, int64_t count) {
    const int64_t width = shape_.width;
    float** places = places_.template as<float*>();
    for (int64_t y = 0; y < count; ++y)
      for (int64_t x = 0; x < width; ++x) places[y * width + x] = ring_.row(first + y) + (ring_.left + x) * kLanes;
    const T* read = nullptr;
    int64_t depth = widening_.inChannels;
    if (widening_.image == nullptr) {
      read = pixels(sample, first);
    } else {
      depth = patchSize<T>(*widening_.image);
      T* patches = patches_.template as<T>();
      gatherPatches(*widening_.image, (sample * shape_.height + first) * width, count * width, patches);
      read = patches;
    }
    Ahead nothing;
    multiply<T>(count * width, depth / kPerWord<T>, shape_.channels, rowsOf(read, depth), Right{widening_.panels},
                ActivateToRing<T, Act>{places, ring_.pitch * kLanes, widening_.norm}, nothing);
  }

  const DepthwiseShape& shape_;
  const Widening& widening_;
  Ring ring_;
  int64_t rowsAtOnce_;
  Scratch places_;
  Scratch patches_;
};

}  // namespace phenoprint::kernels::PHENOPRINT_ISA
