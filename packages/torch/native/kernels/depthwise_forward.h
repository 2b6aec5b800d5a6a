#pragma once
#include "blocked_rows.h"

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
  const float* weights;
  float* first;
  float* second;
};

template <class T, int K, int S, int RUN>
static void convolveRow(const float* const* rows, const ConvolvedRow& a, Window window, T* output, const NextRows<T>& next) {
  constexpr int kSeen = (RUN - 1) * S + K;
  const int64_t stride = padded(a.channels);
  for (int64_t c = window.begin; c < window.end; c += kLanes) {
    prefetchShare(next.read[0], next.size, c, a.channels);
    prefetchShareToWrite(output + a.width * a.channels, a.width * a.channels, c, a.channels);
    const Lanes inside = lanes(a.channels - c);
    Vec total = load(a.first + c), squares = load(a.second + c);
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
        store(output + (x + u) * a.channels + c, sums[u], inside);
        total = add(total, sums[u]);
        squares = fma(sums[u], sums[u], squares);
      }
    }
    store(a.first + c, total);
    store(a.second + c, squares);
  }
}

template <class T>
using ConvolveRow = void (*)(const float* const*, const ConvolvedRow&, Window, T*, const NextRows<T>&);

template <class T, int K, int S>
static ConvolveRow<T> convolveRowOf(int run) {
  return run == kRun ? convolveRow<T, K, S, kRun> : run == 4 ? convolveRow<T, K, S, 4> : convolveRow<T, K, S, 2>;
}

template <class T>
static ConvolveRow<T> chooseConvolveRow(int64_t kernel, int64_t stride, int run) {
  if (kernel == 3) return stride == 1 ? convolveRowOf<T, 3, 1>(run) : convolveRowOf<T, 3, 2>(run);
  return stride == 1 ? convolveRowOf<T, 5, 1>(run) : convolveRowOf<T, 5, 2>(run);
}

/** The ring of input rows that a forward convolution of this shape reads. */
static Ring inputRing(const DepthwiseShape& s, int run) {
  const int64_t read = (roundUp(s.outWidth, run) - 1) * s.stride + s.kernel;
  const int64_t written = s.padLeft + s.width;
  return {read > written ? read : written, s.padLeft, s.kernel, padded(s.channels) / kLanes, nullptr};
}

template <class T>
static void depthwiseForwardOf(const DepthwiseForward& a) {
  const DepthwiseShape& s = a.shape;
  const int run = runFor(s.outWidth);
  const auto convolve = chooseConvolveRow<T>(s.kernel, s.stride, run);
  const Tasks tasks(s.samples, s.channels, a.threads);
  SumsByThread sums(a.threads, s.channels);
  parallel(a.threads, [&](int thread) {
    SumsByThread::Partial partial(sums, thread);
    Ring ring = inputRing(s, run);
    const Scratch memory(Ring::bytes(ring.capacity, ring.pitch, s.channels), true);
    ring.memory = memory.as<float>();
    const ConvolvedRow row{ring.pitch, s.channels, s.outWidth, a.weights, partial.first(), partial.second()};
    const Span share = shareOf(tasks.count(), thread, a.threads);
    for (int64_t task = share.begin; task < share.end; ++task) {
      const Window window = tasks.window(task);
      const T* image = static_cast<const T*>(a.input) + tasks.sample(task) * s.height * s.width * s.channels;
      T* output = static_cast<T*>(a.output) + tasks.sample(task) * s.outHeight * s.outWidth * s.channels;
      int64_t next = 0;
      for (int64_t oy = 0; oy < s.outHeight; ++oy) {
        const int64_t top = oy * s.stride - s.padTop;
        for (; next < s.height && next < top + s.kernel; ++next) {
          const T* pixels = image + next * s.width * s.channels;
          if (a.norm.scale == nullptr) {
            copyRow(pixels, s.width, s.channels, window, ring, ring.row(next));
          } else {
            withActivation(a.activation, [&](auto act) {
              activateRow<T, decltype(act)>(pixels, s.width, s.channels, window, a.norm, ring, ring.row(next));
            });
          }
        }
        const float* rows[5];
        for (int64_t ky = 0; ky < s.kernel; ++ky) {
          const int64_t y = top + ky;
          rows[ky] = y < 0 || y >= s.height ? ring.zeros() : ring.row(y);
        }
        const NextRows<T> ahead{{image + next * s.width * s.channels, nullptr}, s.stride * s.width * s.channels};
        convolve(rows, row, window, output + oy * s.outWidth * s.channels, ahead);
        if ((oy + 1) * s.outWidth % kFlushRows < s.outWidth) partial.flush();
      }
      partial.flush();
    }
  });
  sums.write(a.sums, s.channels);
}

static void depthwiseForward(const DepthwiseForward& a) {
  withElement(a.element, [&](auto sample) { depthwiseForwardOf<decltype(sample)>(a); });
}

}  // namespace phenoprint::kernels::PHENOPRINT_ISA
