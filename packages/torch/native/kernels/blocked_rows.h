#pragma once
#include "activation.h"
#include "parallel.h"

// Image rows as the depthwise convolution reads them: floats, `[channel block][x][lane]` with zeros left
// and right of the image, in a ring of as many rows as the kernel is high. A row is computed once, when
// the ring reaches it, and read by all the output rows that see it.
namespace phenoprint::kernels::PHENOPRINT_ISA {

/** Channels [begin, end) of an image; begin is a multiple of kLanes. */
using Window = Span;

struct Ring {
  /** Vectors in a row of one channel block, borders included. */
  int64_t pitch;
  /** Zeros before the first pixel. */
  int64_t left;
  int64_t capacity;
  int64_t blocks;
  float* memory;

  static size_t bytes(int64_t capacity, int64_t pitch, int64_t channels) {
    return static_cast<size_t>((capacity + 1) * pitch * padded(channels)) * sizeof(float);
  }

  float* row(int64_t index) const { return memory + index % capacity * rowSize(); }
  /** A row outside the image. */
  const float* zeros() const { return memory + capacity * rowSize(); }
  int64_t rowSize() const { return pitch * blocks * kLanes; }
};

/** The vectors of channel block `block`, pixel 0 at index `left`. */
PHENOPRINT_INLINE float* blockOf(float* row, int64_t pitch, int64_t block) { return row + block * pitch * kLanes; }
PHENOPRINT_INLINE const float* blockOf(const float* row, int64_t pitch, int64_t block) {
  return row + block * pitch * kLanes;
}

/** One image row `[x, channel]` into the ring, as it is. */
template <class T>
static void copyRow(const T* pixels, int64_t width, int64_t channels, Window window, const Ring& ring, float* row) {
  for (int64_t x = 0; x < width; ++x)
    for (int64_t c = window.begin; c < window.end; c += kLanes)
      store(blockOf(row, ring.pitch, c / kLanes) + (ring.left + x) * kLanes, load(pixels + x * channels + c, lanes(channels - c)));
}

/** One image row `[x, channel]` into the ring, as act(norm(x)). */
template <class T, class Act>
static void activateRow(const T* pixels, int64_t width, int64_t channels, Window window, const Affine& norm,
                        const Ring& ring, float* row) {
  for (int64_t x = 0; x < width; ++x)
    for (int64_t c = window.begin; c < window.end; c += kLanes) {
      const Vec z = fma(load(pixels + x * channels + c, lanes(channels - c)), load(norm.scale + c), load(norm.shift + c));
      store(blockOf(row, ring.pitch, c / kLanes) + (ring.left + x) * kLanes, Act::template value<T>(z));
    }
}

/** Samples, or channel windows of samples where there are fewer samples than threads. */
struct Tasks {
  int64_t samples, channels, windows;

  /** Whole samples. */
  Tasks(int64_t samples, int64_t channels) : samples(samples), channels(channels), windows(1) {}

  Tasks(int64_t samples, int64_t channels, int threads) : samples(samples), channels(channels), windows(1) {
    const int64_t blocks = (channels + kLanes - 1) / kLanes;
    if (samples < threads) windows = (threads + samples - 1) / samples;
    if (windows > blocks) windows = blocks;
  }

  int64_t count() const { return samples * windows; }
  int64_t sample(int64_t task) const { return task / windows; }
  Window window(int64_t task) const {
    return shareOf(channels, static_cast<int>(task % windows), static_cast<int>(windows), kLanes);
  }
};

/** How many neighbouring outputs to sum at once in a row of this width: narrow rows waste less with fewer. */
static inline int runFor(int64_t width) { return width <= 2 ? 2 : width <= 4 ? 4 : kRun; }

/** Fetches a share of the bytes that come next: those of channels [c, c + kLanes) of a row of many. */
template <class T>
PHENOPRINT_INLINE void prefetchShare(const T* row, int64_t size, int64_t c, int64_t channels) {
  const char* bytes = reinterpret_cast<const char*>(row);
  const int64_t all = size * static_cast<int64_t>(sizeof(T));
  for (int64_t at = all * c / channels & ~int64_t(63), end = all * (c + kLanes) / channels; at < end; at += 64)
    prefetchRead(bytes + at);
}

template <class T>
PHENOPRINT_INLINE void prefetchShareToWrite(T* row, int64_t size, int64_t c, int64_t channels) {
  char* bytes = reinterpret_cast<char*>(row);
  const int64_t all = size * static_cast<int64_t>(sizeof(T));
  for (int64_t at = all * c / channels & ~int64_t(63), end = all * (c + kLanes) / channels; at < end; at += 64)
    prefetchWrite(bytes + at);
}

}  // namespace phenoprint::kernels::PHENOPRINT_ISA
