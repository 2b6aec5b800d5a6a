#pragma once
#include <cstring>

#include "shapes.h"
#include "simd.h"
#include "work.h"

namespace phenoprint::kernels::PHENOPRINT_ISA {

/** Calls body(thread) on each of so many threads. */
template <class Body>
static void parallel(int threads, const Body& body) {
  runThreads(
      threads, [](int thread, void* context) { (*static_cast<const Body*>(context))(thread); },
      const_cast<Body*>(&body));
}

/** Rows whose sums are kept in floats. */
inline constexpr int64_t kFlushRows = 64;

/** Sums per channel over many rows: floats over a few rows, doubles over those, threads added in their order. */
class SumsByThread {
 public:
  SumsByThread(int threads, int64_t channels)
      : threads_(threads), width_(padded(channels)), doubles_(threads * 2 * width_ * sizeof(double), true) {}

  /** The sums of one thread while it works. */
  class Partial {
   public:
    Partial(const SumsByThread& all, int thread)
        : width_(all.width_),
          doubles_(all.doubles_.as<double>() + thread * 2 * width_),
          floats_(2 * width_ * sizeof(float), true) {}
    ~Partial() { flush(); }

    float* first() { return floats_.as<float>(); }
    float* second() { return floats_.as<float>() + width_; }

    /** To be called every kFlushRows rows or so. */
    void flush() {
      float* floats = floats_.as<float>();
      for (int64_t i = 0; i < 2 * width_; ++i) doubles_[i] += floats[i];
      std::memset(floats, 0, 2 * width_ * sizeof(float));
    }

   private:
    int64_t width_;
    double* doubles_;
    Scratch floats_;
  };

  /** The sums over all threads, `[channel]` each. */
  void write(ChannelSums sums, int64_t channels) const {
    const double* doubles = doubles_.as<double>();
    for (int64_t c = 0; c < channels; ++c) {
      double first = 0, second = 0;
      for (int t = 0; t < threads_; ++t) {
        first += doubles[t * 2 * width_ + c];
        second += doubles[t * 2 * width_ + width_ + c];
      }
      sums.first[c] = first;
      sums.second[c] = second;
    }
  }

 private:
  int threads_;
  int64_t width_;
  Scratch doubles_;
};

/** Calls `body` with a value of the element's type. */
template <class Body>
static inline void withElement(Element element, Body body) {
  if (element == Element::bfloat16) {
    body(bf16{});
  } else {
    body(float{});
  }
}

}  // namespace phenoprint::kernels::PHENOPRINT_ISA
