#pragma once
#include "activation.h"
#include "parallel.h"

// Batch norm, residual and activation as one, y = act(scale x + shift + r), for networks whose
// convolutions are libtorch's. Only x and r are kept: t = scale x + shift + r is computed again backward.
//   g = dy act'(t),  dr = g,  dx = norm undone on g (see NormGradient)
namespace phenoprint::kernels::PHENOPRINT_ISA {

static void moments(const Moments& a) {
  withElement(a.element, [&](auto sample) {
    using T = decltype(sample);
    SumsByThread sums(a.threads, a.channels);
    parallel(a.threads, [&](int thread) {
      SumsByThread::Partial partial(sums, thread);
      const Span share = shareOf(a.rows, thread, a.threads);
      for (int64_t row = share.begin; row < share.end; ++row) {
        const T* x = static_cast<const T*>(a.input) + row * a.channels;
        for (int64_t c = 0; c < a.channels; c += kLanes) {
          const Vec value = load(x + c, lanes(a.channels - c));
          store(partial.first() + c, add(load(partial.first() + c), value));
          store(partial.second() + c, fma(value, value, load(partial.second() + c)));
        }
        if ((row - share.begin) % kFlushRows == kFlushRows - 1) partial.flush();
      }
    });
    sums.write(a.sums, a.channels);
  });
}

/** A vector of one row: where it lies, its input and t. */
template <class T>
struct NormedVector {
  int64_t place, channel;
  Lanes inside;
  Vec input, normed;
};

/** Calls `body` for each vector of rows [begin, end). */
template <class T, class Body>
PHENOPRINT_INLINE void eachNormed(const NormActivation& a, Span rows, const Body& body) {
  const T* input = static_cast<const T*>(a.input);
  const T* residual = static_cast<const T*>(a.residual);
  for (int64_t row = rows.begin; row < rows.end; ++row) {
    for (int64_t c = 0; c < a.channels; c += kLanes) {
      const int64_t place = row * a.channels + c;
      const Lanes inside = lanes(a.channels - c);
      const Vec x = load(input + place, inside);
      Vec t = fma(x, load(a.norm.scale + c), load(a.norm.shift + c));
      if (residual != nullptr) t = add(t, load(residual + place, inside));
      body(NormedVector<T>{place, c, inside, x, t});
    }
  }
}

/** Calls `body` with the element's and the activation's class. */
template <class Body>
static inline void withNormActivation(const NormActivation& a, Body body) {
  withElement(a.element, [&](auto sample) {
    withAnyActivation(a.activation, [&](auto act) { body(sample, act); });
  });
}

static void normActivation(const NormActivation& a, void* output) {
  withNormActivation(a, [&](auto sample, auto act) {
    using T = decltype(sample);
    using Act = decltype(act);
    parallel(a.threads, [&](int thread) {
      eachNormed<T>(a, shareOf(a.rows, thread, a.threads), [&](const NormedVector<T>& v) {
        store(static_cast<T*>(output) + v.place, Act::template value<T>(v.normed), v.inside);
      });
    });
  });
}

static void normActivationSums(const NormActivationSums& a) {
  withNormActivation(a.forward, [&](auto sample, auto act) {
    using T = decltype(sample);
    using Act = decltype(act);
    const NormActivation& f = a.forward;
    SumsByThread sums(f.threads, f.channels);
    parallel(f.threads, [&](int thread) {
      SumsByThread::Partial partial(sums, thread);
      const Span share = shareOf(f.rows, thread, f.threads);
      for (int64_t row = share.begin; row < share.end; row += kFlushRows) {
        const int64_t end = row + kFlushRows < share.end ? row + kFlushRows : share.end;
        eachNormed<T>(f, {row, end}, [&](const NormedVector<T>& v) {
          const Vec dy = load(static_cast<const T*>(a.gradient) + v.place, v.inside);
          const Vec g = mul(dy, Act::template both<T>(v.normed).slope);
          float* first = partial.first() + v.channel;
          float* second = partial.second() + v.channel;
          store(first, add(load(first), g));
          store(second, fma(g, sub(v.input, load(a.mean + v.channel)), load(second)));
        });
        partial.flush();
      }
    });
    sums.write(a.sums, f.channels);
  });
}

static void normActivationBackward(const NormActivationBackward& a) {
  withNormActivation(a.forward, [&](auto sample, auto act) {
    using T = decltype(sample);
    using Act = decltype(act);
    const NormActivation& f = a.forward;
    const NormGradient& n = a.normGradient;
    parallel(f.threads, [&](int thread) {
      eachNormed<T>(f, shareOf(f.rows, thread, f.threads), [&](const NormedVector<T>& v) {
        const Vec dy = load(static_cast<const T*>(a.gradient) + v.place, v.inside);
        const Vec g = mul(dy, Act::template both<T>(v.normed).slope);
        const Vec rest = fma(load(n.input + v.channel), v.input, load(n.constant + v.channel));
        store(static_cast<T*>(a.inputGradient) + v.place, fma(load(n.scale + v.channel), g, rest), v.inside);
        if (a.residualGradient != nullptr) store(static_cast<T*>(a.residualGradient) + v.place, g, v.inside);
      });
    });
  });
}

}  // namespace phenoprint::kernels::PHENOPRINT_ISA
