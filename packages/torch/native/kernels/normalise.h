#pragma once
#include "activation.h"
#include "parallel.h"

// Batch norm with an activation, row by row: y = branch act(scale x + shift) + residual, its sum over an
// image, and the sums that its gradient needs.
namespace phenoprint::kernels::PHENOPRINT_ISA {

/** How far ahead rows are fetched. */
inline constexpr int64_t kFetchBytes = 4096;

template <class T, class Act>
static void poolOf(const Pool& a) {
  const int64_t wide = padded(a.channels);
  parallel(a.threads, [&](int thread) {
    const Span share = shareOf(a.samples, thread, a.threads);
    for (int64_t n = share.begin; n < share.end; ++n) {
      const T* x = static_cast<const T*>(a.input) + n * a.pixels * a.channels;
      float* sums = a.sums + n * wide;
      std::memset(sums, 0, wide * sizeof(float));
      for (int64_t row = 0; row < a.pixels; row += 4) {
        const int64_t count = a.pixels - row < 4 ? a.pixels - row : 4;
        for (int64_t c = 0; c < a.channels; c += kLanes) {
          const Lanes inside = lanes(a.channels - c);
          const Vec scale = load(a.norm.scale + c), shift = load(a.norm.shift + c);
          Vec sum = load(sums + c);
#pragma GCC unroll 4
          for (int64_t i = 0; i < 4; ++i) {
            if (i >= count) break;
            prefetchRead(x + (row + i) * a.channels + c + kFetchBytes / sizeof(T));
            sum = add(sum, Act::template value<T>(fma(load(x + (row + i) * a.channels + c, inside), scale, shift)));
          }
          store(sums + c, sum);
        }
      }
    }
  });
}

static void pool(const Pool& a) {
  withElement(a.element, [&](auto sample) {
    withActivation(a.activation, [&](auto act) { poolOf<decltype(sample), decltype(act)>(a); });
  });
}

template <class T, class Act>
static void normaliseOf(const Normalise& a) {
  parallel(a.threads, [&](int thread) {
    const Span share = shareOf(a.samples * a.pixels, thread, a.threads);
    for (int64_t row = share.begin; row < share.end; ++row) {
      const int64_t start = row * a.channels;
      const T* x = static_cast<const T*>(a.input) + start;
      const T* residual = a.residual == nullptr ? nullptr : static_cast<const T*>(a.residual) + start;
      T* y = static_cast<T*>(a.output) + start;
      const Vec branch = splat(a.branchScale == nullptr ? 1.f : a.branchScale[row / a.pixels]);
      for (int64_t c = 0; c < a.channels; c += kLanes) {
        const Lanes inside = lanes(a.channels - c);
        Vec value = Act::template value<T>(fma(load(x + c, inside), load(a.norm.scale + c), load(a.norm.shift + c)));
        value = residual == nullptr ? mul(value, branch) : fma(value, branch, load(residual + c, inside));
        store(y + c, value, inside);
      }
    }
  });
}

static void normalise(const Normalise& a) {
  withElement(a.element, [&](auto sample) {
    withActivation(a.activation, [&](auto act) { normaliseOf<decltype(sample), decltype(act)>(a); });
  });
}

template <class T, class Act>
static void normSumsOf(const NormSums& a) {
  const int64_t wide = padded(a.channels);
  SumsByThread sums(a.threads, a.channels);
  parallel(a.threads, [&](int thread) {
    SumsByThread::Partial partial(sums, thread);
    const Span share = shareOf(a.samples * a.pixels, thread, a.threads);
    for (int64_t row = share.begin; row < share.end; ++row) {
      const T* x = static_cast<const T*>(a.input) + row * a.channels;
      const T* dy = a.gradient == nullptr ? nullptr : static_cast<const T*>(a.gradient) + row * a.channels;
      const float* pooled = a.pooledGradient + (dy == nullptr ? row / a.pixels * wide : 0);
      const Vec branch = splat(a.branchScale == nullptr ? 1.f : a.branchScale[row / a.pixels]);
      for (int64_t c = 0; c < a.channels; c += kLanes) {
        const Lanes inside = lanes(a.channels - c);
        const Vec value = load(x + c, inside);
        const Vec slope = Act::template both<T>(fma(value, load(a.norm.scale + c), load(a.norm.shift + c))).slope;
        const Vec gradient = dy == nullptr ? load(pooled + c) : mul(branch, load(dy + c, inside));
        const Vec g = mul(slope, gradient);
        store(partial.first() + c, add(load(partial.first() + c), g));
        store(partial.second() + c, fma(g, sub(value, load(a.mean + c)), load(partial.second() + c)));
      }
      if ((row - share.begin) % kFlushRows == kFlushRows - 1) partial.flush();
    }
  });
  sums.write(a.sums, a.channels);
}

static void normSums(const NormSums& a) {
  withElement(a.element, [&](auto sample) {
    withActivation(a.activation, [&](auto act) { normSumsOf<decltype(sample), decltype(act)>(a); });
  });
}

}  // namespace phenoprint::kernels::PHENOPRINT_ISA
