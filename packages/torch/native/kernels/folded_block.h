#pragma once
#include "depthwise_forward.h"

// A whole MBConv block for inference, one sample after the other on one thread. With the norms folded
// into the convolutions W (expanding), D (depthwise) and P (projecting):
//   u = act(D act(W x + b1) + b2),  gate = sigmoid(W2 act(W1 mean(u) + c1) + c2),  y = P (u gate) + b3 (+ x)
// The widened image exists as a few rows in a ring, u as one sample in the thread's cache. A sample's
// result depends on neither the batch nor the number of threads.
namespace phenoprint::kernels::PHENOPRINT_ISA {

/** Stores act(output + bias) of a depthwise convolution, and adds it up. */
template <class T, class Act>
struct ActivateRowAndPool {
  const float* bias;
  float* sums;
  Vec shift, total;

  PHENOPRINT_INLINE_MEMBER void begin(int64_t c) {
    shift = load(bias + c);
    total = zero();
  }
  PHENOPRINT_INLINE_MEMBER void take(T* place, Vec value, Lanes inside) {
    const Vec activated = Act::template value<T>(add(value, shift));
    store(place, activated, inside);
    total = add(total, activated);
  }
  PHENOPRINT_INLINE_MEMBER void end(int64_t c) { store(sums + c, add(load(sums + c), total)); }
};

/** Stores product + bias, plus a residual where there is one. */
template <class T>
struct StoreBiased {
  T* output;
  int64_t columns;
  const float* bias;
  const T* residual;

  template <int ROWS, int VECTORS>
  PHENOPRINT_INLINE_MEMBER void tile(int64_t row, int64_t column, Vec (&products)[ROWS][VECTORS]) {
#pragma GCC unroll 3
    for (int v = 0; v < VECTORS; ++v) {
      const int64_t c = column + v * kLanes;
      const Lanes inside = lanes(columns - c);
      const Vec shift = load(bias + c);
#pragma GCC unroll 8
      for (int i = 0; i < ROWS; ++i) {
        const int64_t place = (row + i) * columns + c;
        Vec value = add(products[i][v], shift);
        if (residual != nullptr) value = add(value, load(residual + place, inside));
        store(output + place, value, inside);
      }
    }
  }
};

/** The sum of a vector's lanes. */
static inline float sumOfLanes(Vec x) {
  alignas(64) float values[kLanes];
  store(values, x);
  float sum = 0;
  for (const float value : values) sum += value;
  return sum;
}

/** The gate of one sample from the means of its channels. @param hidden room for a.squeezed floats and a vector more. */
template <class Act>
static void gateOfMeans(const FoldedBlock& a, const float* means, float* hidden, float* gate) {
  const int64_t wide = padded(a.shape.channels);
  for (int64_t j = 0; j < a.squeezed; ++j) {
    Vec sum = zero();
    for (int64_t c = 0; c < wide; c += kLanes) sum = fma(load(a.reduce + j * wide + c), load(means + c), sum);
    hidden[j] = sumOfLanes(sum) + a.reduceBias[j];
  }
  for (int64_t j = 0; j < a.squeezed; j += kLanes) store(hidden + j, Act::template value<float>(load(hidden + j)));
  for (int64_t c = 0; c < wide; c += kLanes) {
    Vec sum = load(a.exciteBias + c);
    for (int64_t j = 0; j < a.squeezed; ++j) sum = fma(load(a.excite + j * wide + c), splat(hidden[j]), sum);
    store(gate + c, sigmoid<float>(sum));
  }
}

/**
 * y = P (u gate) + b (+ residual) of one sample. The gate goes into whichever is smaller, P or u; into u,
 * some rows at a time, where P is packed as bfloat16.
 */
template <class T>
static void projectSample(const FoldedBlock& a, int64_t sample, const T* u, const float* gate) {
  const DepthwiseShape& s = a.shape;
  const int64_t pixels = s.outHeight * s.outWidth, channels = s.channels, out = a.outChannels;
  T* output = static_cast<T*>(a.output) + sample * pixels * out;
  const T* residual = a.residual == nullptr ? nullptr : static_cast<const T*>(a.residual) + sample * pixels * out;
  const int64_t block = 128 * channels <= 65536 ? 128 : 64;
  const bool gatePanels = sizeof(T) == 4 && out < pixels && !isSplit(channels, out);
  const Scratch scaled(gatePanels ? panelWords(Element::float32, channels, out) * 4 + 64 : 0);
  const Scratch gatedRows(gatePanels ? 0 : block * channels * sizeof(T) + 64);
  if (gatePanels) scalePanels(a.project, channels, out, gate, scaled.as<uint32_t>());
  for (int64_t row = 0; row < pixels; row += block) {
    const int64_t count = pixels - row < block ? pixels - row : block;
    const T* rows = u + row * channels;
    if (!gatePanels) {
      T* gated = gatedRows.as<T>();
      for (int64_t i = 0; i < count; ++i)
        for (int64_t c = 0; c < channels; c += kLanes) {
          const Lanes inside = lanes(channels - c);
          store(gated + i * channels + c, mul(load(rows + i * channels + c, inside), load(gate + c)), inside);
        }
      rows = gated;
    }
    Ahead nothing;
    multiply<T>(count, channels / kPerWord<T>, out, rowsOf(rows, channels),
                Right{gatePanels ? scaled.as<uint32_t>() : a.project},
                StoreBiased<T>{output + row * out, out, a.projectBias, residual == nullptr ? nullptr : residual + row * out},
                nothing);
  }
}

template <class T, class Act>
static void foldedBlockOf(const FoldedBlock& a) {
  const DepthwiseShape& s = a.shape;
  const int64_t pixels = s.outHeight * s.outWidth, wide = padded(s.channels);
  const int run = runFor(s.outWidth);
  const auto convolve = chooseConvolveRow<T, ActivateRowAndPool<T, Act>>(s.kernel, s.stride, run);
  const Widening widening{a.input, a.image, a.inChannels, a.expand, {nullptr, a.expandBias}};
  const int64_t rowsAtOnce = widenedAtOnce(s);
  parallel(a.threads, [&](int thread) {
    Ring ring = inputRing(s, run, rowsAtOnce - 1);
    const Scratch ringMemory(Ring::bytes(ring.capacity, ring.pitch, s.channels), true);
    ring.memory = ringMemory.as<float>();
    const Scratch activated(pixels * s.channels * sizeof(T) + 64);
    const Scratch means(wide * sizeof(float)), gate(wide * sizeof(float)), hidden(padded(a.squeezed) * sizeof(float), true);
    WidenedRows<T, Act> widened(s, widening, ring);
    T* u = activated.as<T>();
    const ConvolvedRow row{ring.pitch, s.channels, s.outWidth, a.depthwise};
    const ActivateRowAndPool<T, Act> finish{a.depthwiseBias, means.as<float>(), zero(), zero()};
    const Span samples = shareOf(s.samples, thread, a.threads);
    for (int64_t sample = samples.begin; sample < samples.end; ++sample) {
      std::memset(means.as<float>(), 0, wide * sizeof(float));
      int64_t next = 0;
      for (int64_t oy = 0; oy < s.outHeight; ++oy) {
        const int64_t top = oy * s.stride - s.padTop;
        widened.fillTo(sample, top + s.kernel, next);
        const float* rows[5];
        seenRows(ring, s, top, rows);
        convolve(rows, row, {0, s.channels}, u + oy * s.outWidth * s.channels, {{nullptr, nullptr}, 0}, finish);
      }
      const Vec share = splat(1.f / static_cast<float>(pixels));
      for (int64_t c = 0; c < wide; c += kLanes) store(means.as<float>() + c, mul(load(means.as<float>() + c), share));
      gateOfMeans<Act>(a, means.as<float>(), hidden.as<float>(), gate.as<float>());
      projectSample(a, sample, u, gate.as<float>());
    }
  });
}

static void foldedBlock(const FoldedBlock& a) {
  withElement(a.element, [&](auto sample) {
    withActivation(a.activation, [&](auto act) { foldedBlockOf<decltype(sample), decltype(act)>(a); });
  });
}

}  // namespace phenoprint::kernels::PHENOPRINT_ISA
