#pragma once
#include "widened_backward.h"

// What a norm between x and z = W x adds to the gradient of x: undone, the norm gives dz = scale g +
// input z + constant, so that
//   dx = (scale g) W' + x M + v (+ residual)     M = W' diag(input) W,  v = W' constant
// where the first term is there already. With the products x' x and the sums of x, from which the same
// terms of the gradient of W follow.
namespace phenoprint::kernels::PHENOPRINT_ISA {

/** Stores product + partial + constant, plus a residual where there is one. */
template <class T>
struct AddTerms {
  T* output;
  int64_t columns;
  const float* partial;
  const float* constant;
  const T* residual;

  template <int ROWS, int VECTORS>
  PHENOPRINT_INLINE_MEMBER void tile(int64_t row, int64_t column, Vec (&products)[ROWS][VECTORS]) {
#pragma GCC unroll 3
    for (int v = 0; v < VECTORS; ++v) {
      const int64_t c = column + v * kLanes;
      const Lanes inside = lanes(columns - c);
      const Vec plain = load(constant + c);
#pragma GCC unroll 8
      for (int i = 0; i < ROWS; ++i) {
        const int64_t place = (row + i) * columns + c;
        Vec value = add(add(products[i][v], plain), load(partial + place, inside));
        if (residual != nullptr) value = add(value, load(residual + place, inside));
        store(output + place, value, inside);
      }
    }
  }
};

template <class T>
static void addRows(const T* rows, int64_t count, int64_t channels, float* sums) {
  for (int64_t i = 0; i < count; ++i)
    for (int64_t c = 0; c < channels; c += kLanes)
      store(sums + c, add(load(sums + c), load(rows + i * channels + c, lanes(channels - c))));
}

template <class T>
static void narrowBackwardOf(const NarrowBackward& a) {
  const int64_t channels = a.channels, block = kFlushRows, size = channels * channels;
  SumsByThread sums(a.threads, channels);
  const Scratch products(a.threads * size * sizeof(double), true);
  parallel(a.threads, [&](int thread) {
    SumsByThread::Partial partial(sums, thread);
    const Scratch copy(block * channels * sizeof(T) + 256), pairMemory(pairBytes<T>(block, channels));
    const Scratch blockProducts(size * sizeof(float) + 64);
    float* few = blockProducts.as<float>();
    double* all = products.as<double>() + thread * size;
    const Span share = shareOf(a.rows, thread, a.threads, kTileRows);
    for (int64_t row = share.begin; row < share.end; row += block) {
      const int64_t count = share.end - row < block ? share.end - row : block, place = row * channels;
      const T* x = static_cast<const T*>(a.input) + place;
      const T* residual = a.residual == nullptr ? nullptr : static_cast<const T*>(a.residual) + place;
      Ahead nothing;
      multiply<T>(count, channels / kPerWord<T>, channels, rowsOf(x, channels), Right{a.panels},
                  AddTerms<T>{static_cast<T*>(a.inputGradient) + place, channels, a.partial + place, a.constant, residual}, nothing);
      // In memory of its own, for the product reads whole vectors of its right side.
      std::memcpy(copy.as<T>(), x, count * channels * sizeof(T));
      const uint32_t* pairs = pairRows(copy.as<T>(), count, channels, pairMemory.as<uint32_t>());
      std::memset(few, 0, size * sizeof(float));
      multiply<T>(channels, (count + kPerWord<T> - 1) / kPerWord<T>, channels, transposed(pairs, channels), Right{pairs, channels},
                  Accumulate{few, channels}, nothing);
      for (int64_t i = 0; i < size; ++i) all[i] += few[i];
      addRows(x, count, channels, partial.first());
      partial.flush();
    }
  });
  const Scratch unused(channels * sizeof(double));
  sums.write({a.sums, unused.as<double>()}, channels);
  addParts(products.as<double>(), a.threads, size, a.products);
}

static void narrowBackward(const NarrowBackward& a) {
  withElement(a.element, [&](auto sample) { narrowBackwardOf<decltype(sample)>(a); });
}

}  // namespace phenoprint::kernels::PHENOPRINT_ISA
