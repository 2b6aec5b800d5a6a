#pragma once
#include <cstddef>
#include <cstdint>

// Threads and scratch memory for the kernels. Which thread does which rows depends on nothing but their
// number, so that the same number of threads gives the same bits.
namespace phenoprint::kernels {

/** Calls body(thread, context) for each thread from 0 to threads - 1, at the same time. */
void runThreads(int threads, void (*body)(int thread, void* context), void* context);

/** A stretch [begin, end). */
struct Span {
  int64_t begin, end;
};

/** The stretch of a thread: equal shares in whole multiples of `unit`. */
static inline Span shareOf(int64_t count, int thread, int threads, int64_t unit = 1) {
  const int64_t units = (count + unit - 1) / unit;
  const int64_t begin = units * thread / threads * unit, end = units * (thread + 1) / threads * unit;
  return {begin < count ? begin : count, end < count ? end : count};
}

/**
 * Memory of this thread, aligned to 64 bytes, given back at the end of the block in the reverse order.
 * It is kept for the next kernel: fresh memory would cost a page fault for each 4 KiB, at each step.
 */
class Scratch {
 public:
  explicit Scratch(size_t bytes, bool zeroed = false);
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  template <class X>
  X* as() const {
    return static_cast<X*>(data_);
  }

  /** The end of the stack of pieces. */
  struct Mark {
    size_t chunk, used;
  };

 private:
  void* data_;
  Mark before_;
};

}  // namespace phenoprint::kernels
