#pragma once
#include "activation.h"
#include "panels.h"
#include "patches.h"

// Pointwise convolutions, z = x W, with the sums per channel that the norm behind needs. What x is
// differs: it lies in memory, it is gathered from an image, or it is computed block by block in cache.
namespace phenoprint::kernels::PHENOPRINT_ISA {

/** Rows that are multiplied at once: a block of the wider side stays in the second level cache. */
static inline int64_t blockRows(int64_t channels) { return channels <= 480 ? 128 : 64; }

/**
 * z = x W over rows [begin, end) of each thread; only its sums where there is no output.
 *
 * @param source (first row, rows, scratch of the thread) to the x of these rows, `[row, depth]`.
 * @param read where the source reads, `[row, depth]`; null where that is not row by row.
 * @param scratchBytes what the source needs for a row.
 */
template <class T, class Source>
static void multiplyAndSum(int threads, int64_t rows, int64_t depth, int64_t columns, const uint32_t* panels, T* output,
                           ChannelSums channelSums, size_t scratchBytes, const T* read, const Source& source) {
  const int64_t block = blockRows(depth > columns ? depth : columns);
  SumsByThread sums(threads, columns);
  parallel(threads, [&](int thread) {
    SumsByThread::Partial partial(sums, thread);
    const Scratch scratch(scratchBytes * block + 64);
    const Span share = shareOf(rows, thread, threads, kTileRows);
    for (int64_t row = share.begin; row < share.end; row += block) {
      const int64_t count = share.end - row < block ? share.end - row : block;
      const T* x = source(row, count, scratch.as<T>());
      Ahead ahead = read == nullptr ? Ahead() : Ahead(read + (row + block) * depth, nullptr, block * depth * sizeof(T), tilesOf(count, columns));
      if (output == nullptr) {
        multiply<T>(count, depth / kPerWord<T>, columns, rowsOf(x, depth), Right{panels}, Sum{partial.first(), partial.second()}, ahead);
      } else {
        multiply<T>(count, depth / kPerWord<T>, columns, rowsOf(x, depth), Right{panels},
                    StoreAndSum<T>{output + row * columns, columns, partial.first(), partial.second(), block}, ahead);
      }
      partial.flush();
    }
  });
  sums.write(channelSums, columns);
}

static void pointwiseForward(const PointwiseForward& a) {
  withElement(a.element, [&](auto sample) {
    using T = decltype(sample);
    const T* input = static_cast<const T*>(a.input);
    multiplyAndSum<T>(a.threads, a.rows, a.inChannels, a.outChannels, a.panels, static_cast<T*>(a.output), a.sums, 0,
                      input, [&](int64_t row, int64_t, T*) { return input + row * a.inChannels; });
  });
}

static void stemForward(const StemForward& a) {
  withElement(a.element, [&](auto sample) {
    using T = decltype(sample);
    const int64_t depth = patchSize<T>(a.image), rows = a.samples * a.image.outHeight * a.image.outWidth;
    multiplyAndSum<T>(a.threads, rows, depth, a.outChannels, a.panels, static_cast<T*>(a.output), a.sums,
                      depth * sizeof(T), nullptr, [&](int64_t row, int64_t count, T* patches) -> const T* {
                        gatherPatches(a.image, row, count, patches);
                        return patches;
                      });
  });
}

/** act(norm(d)) times the gate of the sample, for rows `[row, channel]` from `first` on. */
template <class T, class Act>
static void gateRows(const T* d, int64_t first, int64_t count, const ProjectForward& a, T* output) {
  const int64_t channels = a.inChannels, wide = padded(channels);
  for (int64_t i = 0; i < count; ++i) {
    const float* gate = a.gate + (first + i) / a.pixels * wide;
    for (int64_t c = 0; c < channels; c += kLanes) {
      const Lanes inside = lanes(channels - c);
      const Vec z = fma(load(d + i * channels + c, inside), load(a.norm.scale + c), load(a.norm.shift + c));
      store(output + i * channels + c, mul(Act::template value<T>(z), load(gate + c)), inside);
    }
  }
}

static void projectForward(const ProjectForward& a) {
  withElement(a.element, [&](auto sample) {
    using T = decltype(sample);
    withActivation(a.activation, [&](auto act) {
      const T* input = static_cast<const T*>(a.input);
      multiplyAndSum<T>(a.threads, a.samples * a.pixels, a.inChannels, a.outChannels, a.panels, static_cast<T*>(a.output),
                        a.sums, a.inChannels * sizeof(T), input, [&](int64_t row, int64_t count, T* gated) -> const T* {
                          gateRows<T, decltype(act)>(input + row * a.inChannels, row, count, a, gated);
                          return gated;
                        });
    });
  });
}

}  // namespace phenoprint::kernels::PHENOPRINT_ISA
