#pragma once
#include "activation.h"
#include "product.h"

// The end of a network for inference, one sample at a time: h = mean of act(W x + b). W x is added up
// where it is computed and never stored.
namespace phenoprint::kernels::PHENOPRINT_ISA {

/** Adds act(product + bias) to sums by column. */
template <class T, class Act>
struct ActivateAndSum {
  const float* bias;
  float* sums;

  template <int ROWS, int VECTORS>
  PHENOPRINT_INLINE_MEMBER void tile(int64_t, int64_t column, Vec (&products)[ROWS][VECTORS]) {
#pragma GCC unroll 3
    for (int v = 0; v < VECTORS; ++v) {
      const int64_t c = column + v * kLanes;
      const Vec shift = load(bias + c);
      Vec total = zero();
#pragma GCC unroll 8
      for (int i = 0; i < ROWS; ++i) total = add(total, Act::template value<T>(add(products[i][v], shift)));
      store(sums + c, add(load(sums + c), total));
    }
  }
};

template <class T, class Act>
static void foldedHeadOf(const FoldedHead& a) {
  const int64_t wide = padded(a.outChannels);
  const Vec share = splat(1.f / static_cast<float>(a.pixels));
  parallel(a.threads, [&](int thread) {
    const Span samples = shareOf(a.samples, thread, a.threads);
    for (int64_t sample = samples.begin; sample < samples.end; ++sample) {
      const T* x = static_cast<const T*>(a.input) + sample * a.pixels * a.inChannels;
      float* means = a.means + sample * wide;
      std::memset(means, 0, wide * sizeof(float));
      Ahead nothing;
      multiply<T>(a.pixels, a.inChannels / kPerWord<T>, a.outChannels, rowsOf(x, a.inChannels), Right{a.panels},
                  ActivateAndSum<T, Act>{a.bias, means}, nothing);
      for (int64_t c = 0; c < wide; c += kLanes) store(means + c, mul(load(means + c), share));
    }
  });
}

static void foldedHead(const FoldedHead& a) {
  withElement(a.element, [&](auto sample) {
    withActivation(a.activation, [&](auto act) { foldedHeadOf<decltype(sample), decltype(act)>(a); });
  });
}

}  // namespace phenoprint::kernels::PHENOPRINT_ISA
