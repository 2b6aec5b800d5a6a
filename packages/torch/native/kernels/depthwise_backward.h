#pragma once
#include "depthwise_forward.h"

// Backward through norm 2, the depthwise convolution and norm 1's activation, one row at a time. With
// d the convolution's output, z its input before norm 1, q the gradient of the gated activation:
//   g  = (q gate + pooled) act'(norm2(d))            the gradient behind norm 2
//   dd = scale2 g + input2 d + constant2             norm 2 undone; rows of it live in a ring
//   ds = act'(norm1(z)) sum over ky, kx of w[ky, kx] dd[(y + top - ky) / s, (x + left - kx) / s]
//   dw[ky, kx] += dd[oy, ox] act(norm1(z))[s oy + ky - top, s ox + kx - left]
// and the sums of ds and of ds (z - mean1), which undoing norm 1 needs.
namespace phenoprint::kernels::PHENOPRINT_ISA {

/** The present input row: its activation with zeros around it, and the activation's slope. */
struct InputRow {
  int64_t pitch, left, slopePitch;
  float* values;
  float* slopes;
};

template <class T, class Act>
static void activateWithSlope(const T* pixels, int64_t width, int64_t channels, Window window, const Affine& norm,
                              const InputRow& row) {
  for (int64_t x = 0; x < width; ++x)
    for (int64_t c = window.begin; c < window.end; c += kLanes) {
      const Vec z = fma(load(pixels + x * channels + c, lanes(channels - c)), load(norm.scale + c), load(norm.shift + c));
      const ValueAndSlope act = Act::template both<T>(z);
      store(blockOf(row.values, row.pitch, c / kLanes) + (row.left + x) * kLanes, act.value);
      store(blockOf(row.slopes, row.slopePitch, c / kLanes) + x * kLanes, act.slope);
    }
}

/** One row of dd into its ring. */
template <class T, class Act>
static void undoNormRow(const T* q, const T* d, int64_t width, int64_t channels, Window window, const ConvolvedBackward& a,
                        const float* gate, const float* pooled, const Ring& ring, float* row) {
  for (int64_t x = 0; x < width; ++x)
    for (int64_t c = window.begin; c < window.end; c += kLanes) {
      const Lanes inside = lanes(channels - c);
      const Vec value = load(d + x * channels + c, inside);
      const Vec slope = Act::template both<T>(fma(value, load(a.convolvedNorm.scale + c), load(a.convolvedNorm.shift + c))).slope;
      const Vec g = mul(slope, fma(load(q + x * channels + c, inside), load(gate + c), load(pooled + c)));
      const Vec rest = fma(load(a.convolvedGradient.input + c), value, load(a.convolvedGradient.constant + c));
      store(blockOf(row, ring.pitch, c / kLanes) + (ring.left + x) * kLanes, fma(load(a.convolvedGradient.scale + c), g, rest));
    }
}

/** What the gradient of one input row needs besides the rows of dd. */
struct GradientRow {
  int64_t pitch, channels, width, padLeft;
  const float* weights;
  /** Null where there is no norm 1. */
  const float* slopes;
  int64_t slopePitch;
  /** Null where the second sum is not asked for. */
  const float* mean;
  float* first;
  float* second;
};

/** ds at one pixel, and its sums. */
template <class T>
struct FinishPixel {
  const GradientRow& a;
  const T* input;
  T* output;
  int64_t c;
  Lanes inside;
  Vec first, second;

  PHENOPRINT_INLINE_MEMBER void operator()(int64_t x, Vec gradient) {
    if (a.slopes != nullptr) {
      gradient = mul(gradient, load(blockOf(a.slopes, a.slopePitch, c / kLanes) + x * kLanes));
      first = add(first, gradient);
      if (a.mean != nullptr) second = fma(gradient, sub(load(input + x * a.channels + c, inside), load(a.mean + c)), second);
    }
    store(output + x * a.channels + c, gradient, inside);
  }
};

/** Stride 1: neighbouring pixels read neighbouring outputs. */
template <class T, int K, int RUN>
PHENOPRINT_INLINE void gradientBlock(const float* const* rows, const GradientRow& a, FinishPixel<T>& finish) {
  constexpr int kSeen = RUN + K - 1;
  const int64_t stride = padded(a.channels);
  for (int64_t x = 0; x < a.width; x += RUN) {
    Vec sums[RUN];
#pragma GCC unroll 8
    for (int u = 0; u < RUN; ++u) sums[u] = zero();
    for (int ky = 0; ky < K; ++ky) {
      if (rows[ky] == nullptr) continue;
      const float* seen = blockOf(rows[ky], a.pitch, finish.c / kLanes) + x * kLanes;
      Vec values[kSeen];
#pragma GCC unroll 16
      for (int i = 0; i < kSeen; ++i) values[i] = load(seen + i * kLanes);
#pragma GCC unroll 8
      for (int kx = 0; kx < K; ++kx) {
        const Vec weight = load(a.weights + (ky * K + kx) * stride + finish.c);
#pragma GCC unroll 8
        for (int u = 0; u < RUN; ++u) sums[u] = fma(values[u + K - 1 - kx], weight, sums[u]);
      }
    }
    const int64_t count = a.width - x;
#pragma GCC unroll 8
    for (int u = 0; u < RUN; ++u) {
      if (u >= count) break;
      finish(x + u, sums[u]);
    }
  }
}

/**
 * Stride 2: with q = x + left, even q read the outputs q / 2 - kx / 2 through the even kx, odd q those
 * at (q - 1) / 2 - (kx - 1) / 2 through the odd ones. So a pair of pixels is done for each j = q / 2.
 */
template <class T, int K, int RUN>
PHENOPRINT_INLINE void gradientPairs(const float* const* rows, const GradientRow& a, FinishPixel<T>& finish) {
  constexpr int kHalf = K / 2, kSeen = RUN + kHalf;
  const int64_t stride = padded(a.channels);
  const int64_t begin = a.padLeft / 2, end = (a.padLeft + a.width - 1) / 2 + 1;
  for (int64_t j = begin; j < end; j += RUN) {
    Vec even[RUN], odd[RUN];
#pragma GCC unroll 8
    for (int u = 0; u < RUN; ++u) even[u] = odd[u] = zero();
    for (int ky = 0; ky < K; ++ky) {
      if (rows[ky] == nullptr) continue;
      const float* seen = blockOf(rows[ky], a.pitch, finish.c / kLanes) + (j - begin) * kLanes;
      Vec values[kSeen];
#pragma GCC unroll 16
      for (int i = 0; i < kSeen; ++i) values[i] = load(seen + i * kLanes);
#pragma GCC unroll 8
      for (int kx = 0; kx < K; ++kx) {
        const Vec weight = load(a.weights + (ky * K + kx) * stride + finish.c);
#pragma GCC unroll 8
        for (int u = 0; u < RUN; ++u) {
          Vec& sum = kx % 2 == 0 ? even[u] : odd[u];
          sum = fma(values[u + kHalf - kx / 2], weight, sum);
        }
      }
    }
#pragma GCC unroll 8
    for (int u = 0; u < RUN; ++u) {
      const int64_t x = 2 * (j + u) - a.padLeft;
      if (x >= 0 && x < a.width) finish(x, even[u]);
      if (x + 1 >= 0 && x + 1 < a.width) finish(x + 1, odd[u]);
    }
  }
}

template <class T, int K, int S, int RUN>
static void gradientRow(const float* const* rows, const GradientRow& a, Window window, const T* input, T* output,
                        const NextRows<T>& next) {
  const int64_t size = a.width * a.channels;
  for (int64_t c = window.begin; c < window.end; c += kLanes) {
    if (input != nullptr) prefetchShare(input + size, size, c, a.channels);
    prefetchShareToWrite(output + size, size, c, a.channels);
    prefetchShare(next.read[0], next.size, c, a.channels);
    prefetchShare(next.read[1], next.size, c, a.channels);
    FinishPixel<T> finish{a, input, output, c, lanes(a.channels - c), load(a.first + c), load(a.second + c)};
    if constexpr (S == 1) {
      gradientBlock<T, K, RUN>(rows, a, finish);
    } else {
      gradientPairs<T, K, RUN>(rows, a, finish);
    }
    store(a.first + c, finish.first);
    store(a.second + c, finish.second);
  }
}

/** What this input row gives to the weight gradient; rows of dd and of the input end in zeros. */
template <int K, int S, int RUN>
static void weightGradientRow(const float* const* rows, const Ring& ring, int64_t outWidth, const InputRow& input,
                              int64_t channels, Window window, float* gradient) {
  constexpr int kSeen = (RUN - 1) * S + K;
  const int64_t stride = padded(channels);
  for (int64_t c = window.begin; c < window.end; c += kLanes) {
    const float* values = blockOf(input.values, input.pitch, c / kLanes);
    for (int ky = 0; ky < K; ++ky) {
      if (rows[ky] == nullptr) continue;
      const float* dd = blockOf(rows[ky], ring.pitch, c / kLanes) + ring.left * kLanes;
      float* place = gradient + ky * K * stride + c;
      Vec even[K], odd[K];  // two sums each: one would wait for itself
#pragma GCC unroll 8
      for (int kx = 0; kx < K; ++kx) {
        even[kx] = load(place + kx * stride);
        odd[kx] = zero();
      }
      for (int64_t x = 0; x < outWidth; x += RUN) {
        Vec seen[kSeen];
#pragma GCC unroll 32
        for (int i = 0; i < kSeen; ++i) seen[i] = load(values + (x * S + i) * kLanes);
#pragma GCC unroll 8
        for (int u = 0; u < RUN; ++u) {
          const Vec g = load(dd + (x + u) * kLanes);
#pragma GCC unroll 8
          for (int kx = 0; kx < K; ++kx) {
            Vec& sum = u % 2 == 0 ? even[kx] : odd[kx];
            sum = fma(g, seen[u * S + kx], sum);
          }
        }
      }
#pragma GCC unroll 8
      for (int kx = 0; kx < K; ++kx) store(place + kx * stride, add(even[kx], odd[kx]));
    }
  }
}

template <class T>
struct BackwardRows {
  void (*gradient)(const float* const*, const GradientRow&, Window, const T*, T*, const NextRows<T>&);
  void (*weights)(const float* const*, const Ring&, int64_t, const InputRow&, int64_t, Window, float*);
};

template <class T, int K, int S>
static BackwardRows<T> backwardRowsOf(int gradientRun, int weightRun) {
  return {gradientRun == kRun ? gradientRow<T, K, S, kRun> : gradientRun == 4 ? gradientRow<T, K, S, 4> : gradientRow<T, K, S, 2>,
          weightRun == kRun ? weightGradientRow<K, S, kRun> : weightRun == 4 ? weightGradientRow<K, S, 4> : weightGradientRow<K, S, 2>};
}

template <class T>
static BackwardRows<T> chooseBackwardRows(int64_t kernel, int64_t stride, int gradientRun, int weightRun) {
  if (kernel == 3)
    return stride == 1 ? backwardRowsOf<T, 3, 1>(gradientRun, weightRun) : backwardRowsOf<T, 3, 2>(gradientRun, weightRun);
  return stride == 1 ? backwardRowsOf<T, 5, 1>(gradientRun, weightRun) : backwardRowsOf<T, 5, 2>(gradientRun, weightRun);
}

/** Sizes of the rows that a backward pass keeps. */
struct BackwardPlan {
  int gradientRun, weightRun;
  Ring ring;
  InputRow input;

  explicit BackwardPlan(const DepthwiseShape& s) {
    const int64_t jBegin = s.padLeft / 2, jCount = (s.padLeft + s.width - 1) / 2 + 1 - jBegin;
    const int64_t columns = s.stride == 1 ? s.width : jCount;
    gradientRun = runFor(columns);
    weightRun = runFor(s.outWidth);
    const int64_t left = s.stride == 1 ? s.kernel - 1 - s.padLeft : s.kernel / 2 - jBegin;
    const int64_t seen = roundUp(columns, gradientRun) + (s.stride == 1 ? s.kernel - 1 : s.kernel / 2);
    const int64_t written = left + roundUp(s.outWidth, weightRun);
    ring = {seen > written ? seen : written, left, s.kernel, padded(s.channels) / kLanes, nullptr};
    const int64_t read = (roundUp(s.outWidth, weightRun) - 1) * s.stride + s.kernel;
    input = {read > s.padLeft + s.width ? read : s.padLeft + s.width, s.padLeft, s.width, nullptr, nullptr};
  }
};

/** The rows of dd of one sample, in a ring. */
template <class T>
class UndoneRows {
 public:
  UndoneRows(const ConvolvedBackward& a, const Ring& ring, int64_t sample, Window window)
      : a_(a),
        ring_(ring),
        window_(window),
        rowSize_(a.shape.outWidth * a.shape.channels),
        q_(static_cast<const T*>(a.gradient) + sample * a.shape.outHeight * rowSize_),
        d_(static_cast<const T*>(a.convolved) + sample * a.shape.outHeight * rowSize_),
        gate_(a.gate + sample * padded(a.shape.channels)),
        pooled_(a.pooledGradient + sample * padded(a.shape.channels)) {}

  /** Computes what input row y needs. @param rows for each kernel row what it reads; null where there is nothing. */
  void seenFrom(int64_t y, const float** rows) {
    const DepthwiseShape& s = a_.shape;
    for (; next_ < s.outHeight && isDue(y); ++next_)
      withActivation(a_.activation, [&](auto act) {
        undoNormRow<T, decltype(act)>(q_ + next_ * rowSize_, d_ + next_ * rowSize_, s.outWidth, s.channels, window_, a_, gate_,
                                      pooled_, ring_, ring_.row(next_));
      });
    for (int64_t ky = 0; ky < s.kernel; ++ky) {
      const int64_t at = y + s.padTop - ky;
      rows[ky] = at < 0 || at % s.stride != 0 || at / s.stride >= s.outHeight ? nullptr : ring_.row(at / s.stride);
    }
  }

  /** What the next input row, y, will need besides. */
  NextRows<T> ahead(int64_t y) const {
    return {{q_ + next_ * rowSize_, d_ + next_ * rowSize_}, next_ < a_.shape.outHeight && isDue(y) ? rowSize_ : 0};
  }

 private:
  bool isDue(int64_t y) const { return next_ * a_.shape.stride <= y + a_.shape.padTop; }

  const ConvolvedBackward& a_;
  const Ring& ring_;
  Window window_;
  int64_t rowSize_;
  const T* q_;
  const T* d_;
  const float* gate_;
  const float* pooled_;
  int64_t next_ = 0;
};

/** Adds the weight gradients of the threads, `[tap, channel]`, in their order. */
static void addWeightGradients(const float* parts, const ConvolvedBackward& a) {
  const int64_t size = a.shape.kernel * a.shape.kernel * padded(a.shape.channels);
  for (int64_t i = 0; i < size; ++i) {
    float total = 0;
    for (int t = 0; t < a.threads; ++t) total += parts[t * size + i];
    a.weightGradient[i] = total;
  }
}

template <class T>
static void depthwiseBackwardOf(const DepthwiseBackward& a) {
  const DepthwiseShape& s = a.shape;
  const int64_t wide = padded(s.channels), taps = s.kernel * s.kernel;
  const bool normed = a.norm.scale != nullptr;
  const BackwardPlan plan(s);
  const auto rowsOfKernel = chooseBackwardRows<T>(s.kernel, s.stride, plan.gradientRun, plan.weightRun);
  const Tasks tasks(s.samples, s.channels, a.threads);
  SumsByThread sums(a.threads, s.channels);
  const Scratch weightSums(a.threads * taps * wide * sizeof(float), true);
  parallel(a.threads, [&](int thread) {
    SumsByThread::Partial partial(sums, thread);
    Ring ring = plan.ring;
    const Scratch ringMemory(Ring::bytes(ring.capacity, ring.pitch, s.channels), true);
    ring.memory = ringMemory.as<float>();
    InputRow input = plan.input;
    const Scratch valueMemory(input.pitch * wide * sizeof(float), true);
    const Scratch slopeMemory(normed ? input.slopePitch * wide * sizeof(float) : 0);
    input.values = valueMemory.as<float>();
    input.slopes = slopeMemory.as<float>();
    const GradientRow row{ring.pitch, s.channels,       s.width, s.padLeft,       a.weights,
                          normed ? input.slopes : nullptr, input.slopePitch, a.mean, partial.first(), partial.second()};
    float* weightGradient = weightSums.as<float>() + thread * taps * wide;
    const Span share = shareOf(tasks.count(), thread, a.threads);
    for (int64_t task = share.begin; task < share.end; ++task) {
      const Window window = tasks.window(task);
      const int64_t n = tasks.sample(task), rowSize = s.width * s.channels;
      const T* z = static_cast<const T*>(a.input) + n * s.height * rowSize;
      T* ds = static_cast<T*>(a.inputGradient) + n * s.height * rowSize;
      UndoneRows<T> undone(a, ring, n, window);
      for (int64_t y = 0; y < s.height; ++y) {
        const float* rows[5];
        undone.seenFrom(y, rows);
        if (normed) {
          withActivation(a.activation, [&](auto act) {
            activateWithSlope<T, decltype(act)>(z + y * rowSize, s.width, s.channels, window, a.norm, input);
          });
        } else {
          const Ring line{input.pitch, input.left, 1, ring.blocks, input.values};
          copyRow(z + y * rowSize, s.width, s.channels, window, line, input.values);
        }
        rowsOfKernel.gradient(rows, row, window, z + y * rowSize, ds + y * rowSize, undone.ahead(y + 1));
        rowsOfKernel.weights(rows, ring, s.outWidth, input, s.channels, window, weightGradient);
        if ((y + 1) * s.width % kFlushRows < s.width) partial.flush();
      }
      partial.flush();
    }
  });
  sums.write(a.sums, s.channels);
  addWeightGradients(weightSums.as<float>(), a);
}

static void depthwiseBackward(const DepthwiseBackward& a) {
  withElement(a.element, [&](auto sample) { depthwiseBackwardOf<decltype(sample)>(a); });
}

}  // namespace phenoprint::kernels::PHENOPRINT_ISA
