#pragma once
#include "depthwise_backward.h"

// Backward through norm 2, the depthwise convolution, norm 1's activation and W, where neither the wide
// z = W x nor its gradient is stored: some rows of z are computed again, the gradient g behind norm 1 of
// these rows stays in cache, and at once
//   dx = g (scale1 W)      without the terms of norm 1 that hang on sums over the batch: narrow_backward.h
//   products += g' x       from which the gradients of W and norm 1 follow
namespace phenoprint::kernels::PHENOPRINT_ISA {

/** Stores act(norm(product)) and its slope as pixels of channel blocks. */
template <class T, class Act>
struct ActivateToRows {
  /** Of each row of the product, its pixel in the first channel block. */
  float* const* values;
  float* const* slopes;
  /** Floats from one channel block to the next. */
  int64_t valueBlock, slopeBlock;
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
  /** Apart from the product's loop, as in {@link ActivateToRing}. */
  template <int ROWS, int VECTORS>
  __attribute__((noinline)) void activate(int64_t row, int64_t column, const Vec (&products)[ROWS][VECTORS]) const {
    for (int v = 0; v < VECTORS; ++v) {
      const int64_t c = column + v * kLanes, block = c / kLanes;
      const Vec scale = load(norm.scale + c), shift = load(norm.shift + c);
#pragma GCC unroll 8
      for (int i = 0; i < ROWS; ++i) {
        const ValueAndSlope act = Act::template both<T>(fma(products[i][v], scale, shift));
        store(values[row + i] + block * valueBlock, act.value);
        store(slopes[row + i] + block * slopeBlock, act.slope);
      }
    }
  }
};

/** Some rows of the activation and its slope, computed together. */
template <class T, class Act>
class WidenedInputRows {
 public:
  WidenedInputRows(const WidenedBackward& a, const InputRow& layout)
      : a_(a),
        layout_(layout),
        rowsAtOnce_(widenedAtOnce(a.shape)),
        values_(rowsAtOnce_ * layout.pitch * padded(a.shape.channels) * sizeof(float), true),
        slopes_(rowsAtOnce_ * layout.slopePitch * padded(a.shape.channels) * sizeof(float)),
        places_(2 * rowsAtOnce_ * a.shape.width * sizeof(float*)) {}

  int64_t rowsAtOnce() const { return rowsAtOnce_; }

  /** Row y of those computed last, counted from the first of them. */
  InputRow row(int64_t y) const {
    const int64_t wide = padded(a_.shape.channels);
    InputRow result = layout_;
    result.values = values_.template as<float>() + y * layout_.pitch * wide;
    result.slopes = slopes_.template as<float>() + y * layout_.slopePitch * wide;
    return result;
  }

  /** Computes `count` rows from their pixels `[row, in]`. */
  void compute(const T* x, int64_t count) {
    const int64_t width = a_.shape.width, pixels = count * width;
    float** values = places_.template as<float*>();
    float** slopes = values + pixels;
    for (int64_t y = 0; y < count; ++y) {
      const InputRow place = row(y);
      for (int64_t i = 0; i < width; ++i) {
        values[y * width + i] = place.values + (place.left + i) * kLanes;
        slopes[y * width + i] = place.slopes + i * kLanes;
      }
    }
    const Widening& w = a_.widening;
    Ahead nothing;
    multiply<T>(pixels, w.inChannels / kPerWord<T>, a_.shape.channels, rowsOf(x, w.inChannels), Right{w.panels},
                ActivateToRows<T, Act>{values, slopes, layout_.pitch * kLanes, layout_.slopePitch * kLanes, w.norm}, nothing);
  }

 private:
  const WidenedBackward& a_;
  InputRow layout_;
  int64_t rowsAtOnce_;
  Scratch values_;
  Scratch slopes_;
  Scratch places_;
};

/** g of some rows, and what it is multiplied into. */
template <class T>
class WideGradient {
 public:
  /** @param products `[in, channel]` of this thread, to be added to. */
  WideGradient(const WidenedBackward& a, int64_t rowsAtOnce, double* products)
      : a_(a),
        products_(products),
        rows_(rowsAtOnce * a.shape.width * a.shape.channels * sizeof(T)),
        pairs_(pairBytes<T>(rowsAtOnce * a.shape.width, a.shape.channels)),
        inputPairs_(pairBytes<T>(rowsAtOnce * a.shape.width, a.widening.inChannels)),
        sums_(a.widening.inChannels * a.shape.channels * sizeof(float) + 64, true) {}

  /** Of row y, `[x, channel]`. */
  T* row(int64_t y) const { return rows_.template as<T>() + y * a_.shape.width * a_.shape.channels; }

  /** Multiplies the first so many pixels of g with W and with their x. */
  void multiplyInto(const T* x, int64_t pixels, float* inputGradient) {
    const int64_t in = a_.widening.inChannels, channels = a_.shape.channels;
    Ahead nothing;
    multiply<T>(pixels, channels / kPerWord<T>, in, rowsOf(row(0), channels), Right{a_.panels},
                Store<float>{inputGradient, in, nullptr, pixels}, nothing);
    const uint32_t* left = pairRows(x, pixels, in, inputPairs_.template as<uint32_t>());
    const uint32_t* right = pairRows(row(0), pixels, channels, pairs_.template as<uint32_t>());
    multiply<T>(in, (pixels + kPerWord<T> - 1) / kPerWord<T>, channels, transposed(left, in), Right{right, channels},
                Accumulate{sums_.template as<float>(), channels}, nothing);
  }

  /** Moves the products from floats to doubles: to be called once a sample. */
  void flush() {
    const int64_t size = a_.widening.inChannels * a_.shape.channels;
    float* sums = sums_.template as<float>();
    for (int64_t i = 0; i < size; ++i) products_[i] += sums[i];
    std::memset(sums, 0, size * sizeof(float));
  }

 private:
  const WidenedBackward& a_;
  double* products_;
  Scratch rows_;
  Scratch pairs_;
  Scratch inputPairs_;
  Scratch sums_;
};

/** Adds up what the threads have, in their order. */
static void addParts(const double* parts, int threads, int64_t size, double* total) {
  for (int64_t i = 0; i < size; ++i) {
    total[i] = 0;
    for (int t = 0; t < threads; ++t) total[i] += parts[t * size + i];
  }
}

template <class T, class Act>
static void widenedBackwardOf(const WidenedBackward& a) {
  const DepthwiseShape& s = a.shape;
  const int64_t wide = padded(s.channels), taps = s.kernel * s.kernel, in = a.widening.inChannels, rowSize = s.width * in;
  const BackwardPlan plan(s);
  const auto rowsOfKernel = chooseBackwardRows<T>(s.kernel, s.stride, plan.gradientRun, plan.weightRun);
  SumsByThread sums(a.threads, s.channels);
  const Scratch weightSums(a.threads * taps * wide * sizeof(float), true);
  const Scratch products(a.threads * in * s.channels * sizeof(double), true);
  parallel(a.threads, [&](int thread) {
    SumsByThread::Partial partial(sums, thread);
    Ring ring = plan.ring;
    const Scratch ringMemory(Ring::bytes(ring.capacity, ring.pitch, s.channels), true);
    ring.memory = ringMemory.as<float>();
    WidenedInputRows<T, Act> inputs(a, plan.input);
    WideGradient<T> gradient(a, inputs.rowsAtOnce(), products.as<double>() + thread * in * s.channels);
    float* weightGradient = weightSums.as<float>() + thread * taps * wide;
    const Span share = shareOf(s.samples, thread, a.threads);
    for (int64_t n = share.begin; n < share.end; ++n) {
      UndoneRows<T> undone(a, ring, n, {0, s.channels});
      for (int64_t first = 0; first < s.height; first += inputs.rowsAtOnce()) {
        const int64_t count = s.height - first < inputs.rowsAtOnce() ? s.height - first : inputs.rowsAtOnce();
        const int64_t place = (n * s.height + first) * rowSize;
        const T* x = static_cast<const T*>(a.widening.input) + place;
        inputs.compute(x, count);
        for (int64_t y = 0; y < count; ++y) {
          const InputRow input = inputs.row(y);
          const GradientRow row{ring.pitch,   s.channels,       s.width, s.padLeft,       a.weights,
                                input.slopes, input.slopePitch, nullptr, partial.first(), partial.second()};
          const float* rows[5];
          undone.seenFrom(first + y, rows);
          rowsOfKernel.gradient(rows, row, {0, s.channels}, nullptr, gradient.row(y), undone.ahead(first + y + 1));
          rowsOfKernel.weights(rows, ring, s.outWidth, input, s.channels, {0, s.channels}, weightGradient);
        }
        gradient.multiplyInto(x, count * s.width, a.inputGradient + place);
        partial.flush();
      }
      gradient.flush();
    }
  });
  const Scratch unused(s.channels * sizeof(double));
  sums.write({a.sums, unused.as<double>()}, s.channels);
  addWeightGradients(weightSums.as<float>(), a);
  addParts(products.as<double>(), a.threads, in * s.channels, a.products);
}

static void widenedBackward(const WidenedBackward& a) {
  withElement(a.element, [&](auto sample) {
    withActivation(a.activation, [&](auto act) { widenedBackwardOf<decltype(sample), decltype(act)>(a); });
  });
}

}  // namespace phenoprint::kernels::PHENOPRINT_ISA
