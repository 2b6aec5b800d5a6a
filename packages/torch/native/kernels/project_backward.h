#pragma once
#include "pointwise_forward.h"

// Backward through norm 3, the projection and the gate. With y the block's branch, p the projection's
// output, d the depthwise convolution's, a = act(norm2(d)), u = a gate what the projection read:
//   dp = scale3 branch dy + input3 p + constant3     norm 3 undone, in cache
//   dq = dp W'                                       stored; the gradient of u
//   dW += dp' u                                      while dp and u are in cache
// and per sample and channel the sums from which the gradients of the gate and of norm 2 follow (both
// are linear in what is not known yet, the gradient of the pooled activation):
//   0: dq a   1: dq a'   2: a'   3: dq a' (d - mean)   4: a' (d - mean)      with a' = act'(norm2(d))
namespace phenoprint::kernels::PHENOPRINT_ISA {

/** Takes tiles of dq. */
template <class T, class Act>
struct GateGradient {
  const ProjectBackward& a;
  /** Of the block's first row. */
  int64_t first;
  const T* convolved;
  T* gradient;
  T* gated;
  int64_t ahead;

  /** Of one sample and vector of channels, in registers. */
  struct Sums {
    float* place;
    int64_t step;
    Vec value[kGateSums];

    PHENOPRINT_INLINE_MEMBER void read(const ProjectBackward& a, int64_t sample, int64_t c) {
      step = padded(a.inChannels);
      place = a.gateSums + sample * kGateSums * step + c;
#pragma GCC unroll 5
      for (int j = 0; j < kGateSums; ++j) value[j] = load(place + j * step);
    }
    PHENOPRINT_INLINE_MEMBER void write() const {
#pragma GCC unroll 5
      for (int j = 0; j < kGateSums; ++j) store(place + j * step, value[j]);
    }
  };

  /** COUNT rows of one sample. */
  template <int COUNT>
  PHENOPRINT_INLINE_MEMBER void rows(int64_t row, int64_t c, const Vec* products) const {
    const int64_t sample = (first + row) / a.pixels;
    const Lanes inside = lanes(a.inChannels - c);
    const Vec scale = load(a.convolvedNorm.scale + c), shift = load(a.convolvedNorm.shift + c);
    const Vec mean = load(a.convolvedMean + c), gate = load(a.gate + sample * padded(a.inChannels) + c);
    Sums sums;
    sums.read(a, sample, c);
#pragma GCC unroll 8
    for (int i = 0; i < COUNT; ++i) {
      const int64_t place = (row + i) * a.inChannels + c;
      prefetchRead(convolved + place + ahead * a.inChannels);
      prefetchWrite(gradient + place + ahead * a.inChannels);
      const Vec d = load(convolved + place, inside), dq = products[i];
      const ValueAndSlope act = Act::template both<T>(fma(d, scale, shift));
      store(gradient + place, dq, inside);
      store(gated + place, mul(act.value, gate), inside);
      const Vec both = mul(dq, act.slope), centred = sub(d, mean);
      sums.value[0] = fma(dq, act.value, sums.value[0]);
      sums.value[1] = add(both, sums.value[1]);
      sums.value[2] = add(act.slope, sums.value[2]);
      sums.value[3] = fma(both, centred, sums.value[3]);
      sums.value[4] = fma(act.slope, centred, sums.value[4]);
    }
    sums.write();
  }

  template <int ROWS, int VECTORS>
  PHENOPRINT_INLINE_MEMBER void tile(int64_t row, int64_t column, Vec (&products)[ROWS][VECTORS]) const {
    Vec those[VECTORS][ROWS];
#pragma GCC unroll 3
    for (int v = 0; v < VECTORS; ++v)
#pragma GCC unroll 8
      for (int i = 0; i < ROWS; ++i) those[v][i] = products[i][v];
    finish(row, column, those);
  }

 private:
  /** Apart from the product's loop: the activation's constants would take the registers of its sums. */
  template <int ROWS, int VECTORS>
  __attribute__((noinline)) void finish(int64_t row, int64_t column, const Vec (&products)[VECTORS][ROWS]) const {
    const int64_t left = a.pixels - (first + row) % a.pixels;
    for (int v = 0; v < VECTORS; ++v) {
      const int64_t c = column + v * kLanes;
      if (c >= a.inChannels) return;
      if (left >= ROWS) [[likely]] {
        rows<ROWS>(row, c, products[v]);
      } else {
        for (int i = 0; i < ROWS; ++i) rows<1>(row + i, c, products[v] + i);
      }
    }
  }
};

/** dp for rows `[row, channel]` from `first` on. */
template <class T>
static void undoProjectionNorm(const ProjectBackward& a, int64_t first, int64_t count, T* output) {
  const int64_t channels = a.outChannels;
  const T* dy = static_cast<const T*>(a.gradient) + first * channels;
  const T* p = static_cast<const T*>(a.projected) + first * channels;
  for (int64_t i = 0; i < count; ++i) {
    const Vec branch = splat(a.branchScale == nullptr ? 1.f : a.branchScale[(first + i) / a.pixels]);
    for (int64_t c = 0; c < channels; c += kLanes) {
      const Lanes inside = lanes(channels - c);
      const int64_t place = i * channels + c;
      const Vec rest = fma(load(a.projectedGradient.input + c), load(p + place, inside), load(a.projectedGradient.constant + c));
      store(output + place, fma(mul(branch, load(a.projectedGradient.scale + c)), load(dy + place, inside), rest), inside);
    }
  }
}

template <class T, class Act>
static void projectBackwardOf(const ProjectBackward& a) {
  const int64_t in = a.inChannels, out = a.outChannels, block = blockRows(in);
  const Scratch parts(a.threads * in * out * sizeof(float) + 64);
  parallel(a.threads, [&](int thread) {
    float* sums = parts.as<float>() + thread * in * out;
    std::memset(sums, 0, in * out * sizeof(float));
    const Scratch dp(block * out * sizeof(T)), gated(block * in * sizeof(T));
    const Scratch dpPairs(pairBytes<T>(block, out)), gatedPairs(pairBytes<T>(block, in));
    // A sample belongs to one thread: its sums have one owner.
    const Span samples = shareOf(a.samples, thread, a.threads);
    const int64_t end = samples.end * a.pixels;
    for (int64_t row = samples.begin * a.pixels; row < end; row += block) {
      const int64_t count = end - row < block ? end - row : block;
      undoProjectionNorm<T>(a, row, count, dp.as<T>());
      const int64_t next = (row + block) * out;
      Ahead ahead(static_cast<const T*>(a.gradient) + next, static_cast<const T*>(a.projected) + next, block * out * sizeof(T),
                  tilesOf(out, in));
      Ahead nothing;
      multiply<T>(count, out / kPerWord<T>, in, rowsOf(dp.as<T>(), out), Right{a.panels},
                  GateGradient<T, Act>{a, row, static_cast<const T*>(a.convolved) + row * in,
                                       static_cast<T*>(a.gatedGradient) + row * in, gated.as<T>(), block}, nothing);
      const int64_t words = (count + kPerWord<T> - 1) / kPerWord<T>;
      const uint32_t* left = pairRows(dp.as<T>(), count, out, dpPairs.as<uint32_t>());
      const uint32_t* right = pairRows(gated.as<T>(), count, in, gatedPairs.as<uint32_t>());
      multiply<T>(out, words, in, transposed(left, out), Right{right, in}, Accumulate{sums, in},
                  ahead);
    }
  });
  const float* part = parts.as<float>();
  parallel(a.threads, [&](int thread) {
    const Span share = shareOf(in * out, thread, a.threads);
    for (int64_t i = share.begin; i < share.end; ++i) {
      float total = part[i];
      for (int t = 1; t < a.threads; ++t) total += part[t * in * out + i];
      a.weightGradient[i] = total;
    }
  });
}

static void projectBackward(const ProjectBackward& a) {
  withElement(a.element, [&](auto sample) {
    withActivation(a.activation, [&](auto act) { projectBackwardOf<decltype(sample), decltype(act)>(a); });
  });
}

}  // namespace phenoprint::kernels::PHENOPRINT_ISA
