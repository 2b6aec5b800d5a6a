#pragma once
#include "pointwise_forward.h"

// Backward through a norm and the pointwise convolution (or the stem) before it. With z = x W the
// convolution's output and g the gradient behind the norm:
//   dz = scale g + input z + constant      the norm undone, in cache
//   dx = dz W' (+ residual)
//   dW += dz' x                            while dz is in cache
// Where the norm is followed by an activation and a mean over the image, g = pooled act'(norm(z)).
namespace phenoprint::kernels::PHENOPRINT_ISA {

/** dz from a gradient in memory. */
template <class T>
static void undoNorm(const ExpandBackward& a, int64_t first, int64_t count, T* output) {
  const int64_t channels = a.outChannels;
  const T* g = static_cast<const T*>(a.gradient) + first * channels;
  const T* z = static_cast<const T*>(a.expanded) + first * channels;
  for (int64_t i = 0; i < count; ++i)
    for (int64_t c = 0; c < channels; c += kLanes) {
      const Lanes inside = lanes(channels - c);
      const int64_t place = i * channels + c;
      const Vec rest = fma(load(a.expandedGradient.input + c), load(z + place, inside), load(a.expandedGradient.constant + c));
      store(output + place, fma(load(a.expandedGradient.scale + c), load(g + place, inside), rest), inside);
    }
}

/** dz from the gradient of the mean over the image. */
template <class T, class Act>
static void undoPooledNorm(const ExpandBackward& a, int64_t first, int64_t count, T* output) {
  const int64_t channels = a.outChannels, wide = padded(channels);
  const T* z = static_cast<const T*>(a.expanded) + first * channels;
  for (int64_t i = 0; i < count; ++i) {
    const float* pooled = a.pooledGradient + (first + i) / a.pixels * wide;
    for (int64_t c = 0; c < channels; c += kLanes) {
      const Lanes inside = lanes(channels - c);
      const int64_t place = i * channels + c;
      const Vec value = load(z + place, inside);
      const Vec slope = Act::template both<T>(fma(value, load(a.norm.scale + c), load(a.norm.shift + c))).slope;
      const Vec rest = fma(load(a.expandedGradient.input + c), value, load(a.expandedGradient.constant + c));
      store(output + place, fma(load(a.expandedGradient.scale + c), mul(slope, load(pooled + c)), rest), inside);
    }
  }
}

/** Adds the parts of the threads, `[in, out]`, into `[out, in]`. */
static void addTransposed(const float* parts, int threads, int64_t depth, int64_t in, int64_t out, float* gradient) {
  parallel(threads, [&](int thread) {
    const Span share = shareOf(out, thread, threads, kChannelPadding);
    constexpr int64_t kSquare = 16;  // outputs at once: a line of the cache
    for (int64_t c0 = share.begin; c0 < share.end; c0 += kSquare)
      for (int64_t k = 0; k < in; ++k)
        for (int64_t c = c0; c < c0 + kSquare && c < share.end; ++c) {
          float total = parts[k * out + c];
          for (int t = 1; t < threads; ++t) total += parts[t * depth * out + k * out + c];
          gradient[c * in + k] = total;
        }
  });
}

template <class T>
static void expandBackwardOf(const ExpandBackward& a) {
  const bool stem = a.image != nullptr;
  const int64_t depth = stem ? patchSize<T>(*a.image) : a.inChannels;
  const int64_t out = a.outChannels, rows = a.samples * a.pixels, block = blockRows(out);
  const Scratch parts(a.threads * depth * out * sizeof(float) + 64);
  parallel(a.threads, [&](int thread) {
    float* part = parts.as<float>() + thread * depth * out;
    std::memset(part, 0, depth * out * sizeof(float));
    const Scratch dz(block * out * sizeof(T)), dzPairs(pairBytes<T>(block, out)), xPairs(pairBytes<T>(block, depth));
    const Scratch patches(stem ? block * depth * sizeof(T) : 0);
    const Span share = shareOf(rows, thread, a.threads, kTileRows);
    for (int64_t row = share.begin; row < share.end; row += block) {
      const int64_t count = share.end - row < block ? share.end - row : block;
      if (a.gradient != nullptr) {
        undoNorm<T>(a, row, count, dz.as<T>());
      } else {
        withActivation(a.activation, [&](auto act) { undoPooledNorm<T, decltype(act)>(a, row, count, dz.as<T>()); });
      }
      const int64_t next = (row + block) * out;
      const int64_t tiles = tilesOf(depth, out) + (a.inputGradient == nullptr ? 0 : tilesOf(count, depth));
      Ahead ahead(static_cast<const T*>(a.expanded) + next, a.gradient == nullptr ? nullptr : static_cast<const T*>(a.gradient) + next,
                  block * out * sizeof(T), tiles);
      if (a.inputGradient != nullptr) {
        const T* residual = a.residual == nullptr ? nullptr : static_cast<const T*>(a.residual) + row * depth;
        multiply<T>(count, out / kPerWord<T>, depth, rowsOf(dz.as<T>(), out), Right{a.panels},
                    Store<T>{static_cast<T*>(a.inputGradient) + row * depth, depth, residual, block}, ahead);
      }
      if (stem) gatherPatches(*a.image, row, count, patches.as<T>());
      const T* x = stem ? patches.as<T>() : static_cast<const T*>(a.input) + row * depth;
      const uint32_t* left = pairRows(x, count, depth, xPairs.as<uint32_t>());
      const uint32_t* right = pairRows(dz.as<T>(), count, out, dzPairs.as<uint32_t>());
      multiply<T>(depth, (count + kPerWord<T> - 1) / kPerWord<T>, out, transposed(left, depth), Right{right, out},
                  Accumulate{part, out}, ahead);
    }
  });
  const int64_t in = stem ? kStemKernel * kStemKernel * a.image->channels : depth;
  addTransposed(parts.as<float>(), a.threads, depth, in, out, a.weightGradient);
}

static void expandBackward(const ExpandBackward& a) {
  withElement(a.element, [&](auto sample) { expandBackwardOf<decltype(sample)>(a); });
}

}  // namespace phenoprint::kernels::PHENOPRINT_ISA
