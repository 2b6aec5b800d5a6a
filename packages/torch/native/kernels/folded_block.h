#pragma once
#include "depthwise_forward.h"
#include "panels.h"
#include "patches.h"

// A whole MBConv block for inference, one sample after the other on one thread. With the norms folded
// into the convolutions W (expanding), D (depthwise) and P (projecting):
//   u = act(D act(W x + b1) + b2),  gate = sigmoid(W2 act(W1 mean(u) + c1) + c2),  y = P (u gate) + b3 (+ x)
// The widened image exists as a few rows in a ring, u as one sample in the thread's cache. A sample's
// result depends on neither the batch nor the number of threads.
namespace phenoprint::kernels::PHENOPRINT_ISA {

/** Pixels that are widened at once, at least: enough rows for the matrix product. */
inline constexpr int64_t kWidenedPixels = 64;

/** Stores act(product + bias) as pixels of a ring. */
template <class T, class Act>
struct ActivateToRing {
  /** Of each row of the product, its pixel in the first channel block. */
  float* const* places;
  /** Floats from one channel block to the next. */
  int64_t blockSize;
  const float* bias;

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
      const Vec shift = load(bias + c);
#pragma GCC unroll 8
      for (int i = 0; i < ROWS; ++i)
        store(places[row + i] + c / kLanes * blockSize, Act::template value<T>(add(products[i][v], shift)));
    }
  }
};

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

/** Fills a ring with the rows of one sample's widened image, some at once. */
template <class T, class Act>
class WidenedRows {
 public:
  WidenedRows(const FoldedBlock& block, int64_t rowsAtOnce, const Ring& ring)
      : a_(block),
        rowsAtOnce_(rowsAtOnce),
        ring_(ring),
        places_(rowsAtOnce * block.shape.width * sizeof(float*)),
        patches_(block.image == nullptr ? 0 : rowsAtOnce * block.shape.width * patchSize<T>(*block.image) * sizeof(T) + 64) {}

  /** Computes rows of the sample until row `end` is there, or the image ends. */
  void fillTo(int64_t sample, int64_t end, int64_t& next) {
    const int64_t height = a_.shape.height, last = end < height ? end : height;
    while (next < last) {
      const int64_t count = height - next < rowsAtOnce_ ? height - next : rowsAtOnce_;
      if (a_.expand == nullptr) {
        copy(sample, next, count);
      } else {
        widen(sample, next, count);
      }
      next += count;
    }
  }

 private:
  const T* pixels(int64_t sample, int64_t y) const {
    return static_cast<const T*>(a_.input) + (sample * a_.shape.height + y) * a_.shape.width * a_.inChannels;
  }

  void copy(int64_t sample, int64_t first, int64_t count) {
    const DepthwiseShape& s = a_.shape;
    for (int64_t y = first; y < first + count; ++y)
      copyRow(pixels(sample, y), s.width, s.channels, {0, s.channels}, ring_, ring_.row(y));
  }

  void widen(int64_t sample, int64_t first, int64_t count) {
    const DepthwiseShape& s = a_.shape;
    float** places = places_.template as<float*>();
    for (int64_t y = 0; y < count; ++y)
      for (int64_t x = 0; x < s.width; ++x) places[y * s.width + x] = ring_.row(first + y) + (ring_.left + x) * kLanes;
    const T* read = nullptr;
    int64_t depth = a_.inChannels;
    if (a_.image == nullptr) {
      read = pixels(sample, first);
    } else {
      depth = patchSize<T>(*a_.image);
      T* patches = patches_.template as<T>();
      gatherPatches(*a_.image, (sample * s.height + first) * s.width, count * s.width, patches);
      read = patches;
    }
    Ahead nothing;
    multiply<T>(count * s.width, depth / kPerWord<T>, s.channels, rowsOf(read, depth), Right{a_.expand},
                ActivateToRing<T, Act>{places, ring_.pitch * kLanes, a_.expandBias}, nothing);
  }

  const FoldedBlock& a_;
  int64_t rowsAtOnce_;
  Ring ring_;
  Scratch places_;
  Scratch patches_;
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
 * some rows at a time, where P is packed in pairs.
 */
template <class T>
static void projectSample(const FoldedBlock& a, int64_t sample, const T* u, const float* gate) {
  const DepthwiseShape& s = a.shape;
  const int64_t pixels = s.outHeight * s.outWidth, channels = s.channels, out = a.outChannels;
  T* output = static_cast<T*>(a.output) + sample * pixels * out;
  const T* residual = a.residual == nullptr ? nullptr : static_cast<const T*>(a.residual) + sample * pixels * out;
  const int64_t block = 128 * channels <= 65536 ? 128 : 64;
  const bool gatePanels = sizeof(T) == 4 && out < pixels;
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
  const int64_t wanted = (kWidenedPixels + s.width - 1) / s.width, rowsAtOnce = wanted < s.height ? wanted : s.height;
  parallel(a.threads, [&](int thread) {
    Ring ring = inputRing(s, run, rowsAtOnce - 1);
    const Scratch ringMemory(Ring::bytes(ring.capacity, ring.pitch, s.channels), true);
    ring.memory = ringMemory.as<float>();
    const Scratch activated(pixels * s.channels * sizeof(T) + 64);
    const Scratch means(wide * sizeof(float)), gate(wide * sizeof(float)), hidden(padded(a.squeezed) * sizeof(float), true);
    WidenedRows<T, Act> widened(a, rowsAtOnce, ring);
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
