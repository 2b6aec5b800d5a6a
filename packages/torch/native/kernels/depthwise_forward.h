#pragma once
#include "widened_rows.h"

// Depthwise convolution: d[oy, ox, c] = sum over ky, kx of w[ky, kx, c] a[s oy + ky - top, s ox + kx - left, c]
// with a = act(norm(z)), or a = z. The rows of a live in a ring and are never stored; the sums that the
// norm behind needs are taken while the outputs are in registers.
namespace phenoprint::kernels::PHENOPRINT_ISA {

/** Rows that come next, fetched while the present one is computed. */
template <class T>
struct NextRows {
  const T* read[2];
  int64_t size;
};

/** What one output row needs besides its input rows. */
struct ConvolvedRow {
  int64_t pitch, channels, width;
  /** `[tap, channel]`, padded. */
  const float* weights;
};

/** Stores the outputs of a row, and adds up them and their squares: what the norm behind needs. */
template <class T>
struct StoreRowAndSum {
  float* first;
  float* second;
  Vec total, squares;

  PHENOPRINT_INLINE_MEMBER void begin(int64_t c) {
    total = load(first + c);
    squares = load(second + c);
  }
  PHENOPRINT_INLINE_MEMBER void take(T* place, Vec value, Lanes inside) {
    store(place, value, inside);
    total = add(total, value);
    squares = fma(value, value, squares);
  }
  PHENOPRINT_INLINE_MEMBER void end(int64_t c) {
    store(first + c, total);
    store(second + c, squares);
  }
};

/** One output row over a window of channels; `finish` is handed each vector of outputs. */
template <class T, int K, int S, int RUN, class Finish>
static void convolveRow(const float* const* rows, const ConvolvedRow& a, Window window, T* output, const NextRows<T>& next,
                        Finish finish) {
  constexpr int kSeen = (RUN - 1) * S + K;
  const int64_t stride = padded(a.channels);
  for (int64_t c = window.begin; c < window.end; c += kLanes) {
    prefetchShare(next.read[0], next.size, c, a.channels);
    prefetchShareToWrite(output + a.width * a.channels, a.width * a.channels, c, a.channels);
    const Lanes inside = lanes(a.channels - c);
    finish.begin(c);
    for (int64_t x = 0; x < a.width; x += RUN) {
      Vec sums[RUN];
#pragma GCC unroll 8
      for (int u = 0; u < RUN; ++u) sums[u] = zero();
      for (int ky = 0; ky < K; ++ky) {
        const float* seen = blockOf(rows[ky], a.pitch, c / kLanes) + x * S * kLanes;
        Vec values[kSeen];
#pragma GCC unroll 32
        for (int i = 0; i < kSeen; ++i) values[i] = load(seen + i * kLanes);
#pragma GCC unroll 8
        for (int kx = 0; kx < K; ++kx) {
          const Vec weight = load(a.weights + (ky * K + kx) * stride + c);
#pragma GCC unroll 8
          for (int u = 0; u < RUN; ++u) sums[u] = fma(values[u * S + kx], weight, sums[u]);
        }
      }
      const int64_t count = a.width - x;
#pragma GCC unroll 8
      for (int u = 0; u < RUN; ++u) {
        if (u >= count) break;
        finish.take(output + (x + u) * a.channels + c, sums[u], inside);
      }
    }
    finish.end(c);
  }
}

template <class T, class Finish>
using ConvolveRow = void (*)(const float* const*, const ConvolvedRow&, Window, T*, const NextRows<T>&, Finish);

template <class T, int K, int S, class Finish>
static ConvolveRow<T, Finish> convolveRowOf(int run) {
  return run == kRun ? convolveRow<T, K, S, kRun, Finish> : run == 4 ? convolveRow<T, K, S, 4, Finish> : convolveRow<T, K, S, 2, Finish>;
}

template <class T, class Finish>
static ConvolveRow<T, Finish> chooseConvolveRow(int64_t kernel, int64_t stride, int run) {
  if (kernel == 3) return stride == 1 ? convolveRowOf<T, 3, 1, Finish>(run) : convolveRowOf<T, 3, 2, Finish>(run);
  return stride == 1 ? convolveRowOf<T, 5, 1, Finish>(run) : convolveRowOf<T, 5, 2, Finish>(run);
}

/** The ring of input rows that a forward convolution of this shape reads; it has room for some more. */
static Ring inputRing(const DepthwiseShape& s, int run, int64_t more = 0) {
  const int64_t read = (roundUp(s.outWidth, run) - 1) * s.stride + s.kernel;
  const int64_t written = s.padLeft + s.width;
  return {read > written ? read : written, s.padLeft, s.kernel + more, padded(s.channels) / kLanes, nullptr};
}

/** The rows of the ring that an output row sees whose first one is `top`. */
static inline void seenRows(const Ring& ring, const DepthwiseShape& s, int64_t top, const float** rows) {
  for (int64_t ky = 0; ky < s.kernel; ++ky) {
    const int64_t y = top + ky;
    rows[ky] = y < 0 || y >= s.height ? ring.zeros() : ring.row(y);
  }
}

/** Fills a ring with rows that lie in memory, as they are or as act(norm(x)). */
template <class T>
class StoredRows {
 public:
  StoredRows(const DepthwiseForward& a, const Ring& ring) : a_(a), ring_(ring) {}

  void fillTo(int64_t sample, Window window, int64_t end, int64_t& next) {
    const int64_t width = a_.shape.width, channels = a_.shape.channels;
    for (; next < a_.shape.height && next < end; ++next) {
      const T* pixels = row(sample, next);
      if (a_.widening.norm.scale == nullptr) {
        copyRow(pixels, width, channels, window, ring_, ring_.row(next));
      } else {
        withActivation(a_.activation, [&](auto act) {
          activateRow<T, decltype(act)>(pixels, width, channels, window, a_.widening.norm, ring_, ring_.row(next));
        });
      }
    }
  }

  /** What the next output row reads first. */
  NextRows<T> ahead(int64_t sample, int64_t next) const {
    return {{row(sample, next), nullptr}, a_.shape.stride * a_.shape.width * a_.shape.channels};
  }

 private:
  const T* row(int64_t sample, int64_t y) const {
    return static_cast<const T*>(a_.widening.input) + (sample * a_.shape.height + y) * a_.shape.width * a_.shape.channels;
  }

  const DepthwiseForward& a_;
  Ring ring_;
};

/** Fills a ring with rows that are computed from the narrow input, for all channels. */
template <class T, class Act>
class ComputedRows {
 public:
  ComputedRows(const DepthwiseForward& a, const Ring& ring) : rows_(a.shape, a.widening, ring) {}
  void fillTo(int64_t sample, Window, int64_t end, int64_t& next) { rows_.fillTo(sample, end, next); }
  NextRows<T> ahead(int64_t, int64_t) const { return {{nullptr, nullptr}, 0}; }

 private:
  WidenedRows<T, Act> rows_;
};

/** @param more rows that the ring holds besides those of the kernel. */
template <class T, class Rows>
static void depthwiseForwardOf(const DepthwiseForward& a, const Tasks& tasks, int64_t more) {
  const DepthwiseShape& s = a.shape;
  const int run = runFor(s.outWidth);
  const auto convolve = chooseConvolveRow<T, StoreRowAndSum<T>>(s.kernel, s.stride, run);
  SumsByThread sums(a.threads, s.channels);
  parallel(a.threads, [&](int thread) {
    SumsByThread::Partial partial(sums, thread);
    Ring ring = inputRing(s, run, more);
    const Scratch memory(Ring::bytes(ring.capacity, ring.pitch, s.channels), true);
    ring.memory = memory.as<float>();
    Rows inputs(a, ring);
    const ConvolvedRow row{ring.pitch, s.channels, s.outWidth, a.weights};
    const StoreRowAndSum<T> finish{partial.first(), partial.second(), zero(), zero()};
    const Span share = shareOf(tasks.count(), thread, a.threads);
    for (int64_t task = share.begin; task < share.end; ++task) {
      const Window window = tasks.window(task);
      const int64_t sample = tasks.sample(task);
      T* output = static_cast<T*>(a.output) + sample * s.outHeight * s.outWidth * s.channels;
      int64_t next = 0;
      for (int64_t oy = 0; oy < s.outHeight; ++oy) {
        const int64_t top = oy * s.stride - s.padTop;
        inputs.fillTo(sample, window, top + s.kernel, next);
        const float* rows[5];
        seenRows(ring, s, top, rows);
        convolve(rows, row, window, output + oy * s.outWidth * s.channels, inputs.ahead(sample, next), finish);
        if ((oy + 1) * s.outWidth % kFlushRows < s.outWidth) partial.flush();
      }
      partial.flush();
    }
  });
  sums.write(a.sums, s.channels);
}

static void depthwiseForward(const DepthwiseForward& a) {
  const DepthwiseShape& s = a.shape;
  withElement(a.element, [&](auto sample) {
    using T = decltype(sample);
    if (a.widening.panels == nullptr) {
      depthwiseForwardOf<T, StoredRows<T>>(a, Tasks(s.samples, s.channels, a.threads), 0);
    } else {
      withActivation(a.activation, [&](auto act) {
        depthwiseForwardOf<T, ComputedRows<T, decltype(act)>>(a, Tasks(s.samples, s.channels), widenedAtOnce(s) - 1);
      });
    }
  });
}

}  // namespace phenoprint::kernels::PHENOPRINT_ISA
