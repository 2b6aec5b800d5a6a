#include "work.h"

#include <omp.h>
#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <exception>
#include <mutex>
#include <new>
#include <vector>

namespace phenoprint::kernels {
namespace {

constexpr size_t kAlignment = 64;
constexpr size_t kHugePage = size_t(2) << 20;
/** Between two pieces, so that rows of the same size do not fall on the same lines of the cache. */
constexpr size_t kGap = 4096 + 64;

size_t roundedUp(size_t bytes, size_t to) { return (bytes + to - 1) / to * to; }

/** The pieces of a thread: a stack over chunks of memory, each twice as large as the one before. */
class Arena {
 public:
  using Mark = Scratch::Mark;

  ~Arena() {
    for (const Chunk& chunk : chunks_) std::free(chunk.memory);
  }

  void* take(size_t bytes) {
    const size_t needed = roundedUp(bytes + kGap, kAlignment);
    while (chunk_ < chunks_.size() && used_ + needed > chunks_[chunk_].size) next();
    if (chunk_ == chunks_.size()) grow(needed);
    void* piece = static_cast<char*>(chunks_[chunk_].memory) + used_;
    used_ += needed;
    return piece;
  }

  Mark mark() const { return {chunk_, used_}; }

  void release(const Mark& mark) {
    chunk_ = mark.chunk;
    used_ = mark.used;
  }

 private:
  struct Chunk {
    void* memory;
    size_t size;
  };

  void next() {
    ++chunk_;
    used_ = 0;
  }

  void grow(size_t needed) {
    const size_t least = chunks_.empty() ? 4 * kHugePage : 2 * chunks_.back().size;
    const size_t size = roundedUp(needed > least ? needed : least, kHugePage);
    void* memory = std::aligned_alloc(kHugePage, size);
    if (memory == nullptr) throw std::bad_alloc();
    madvise(memory, size, MADV_HUGEPAGE);
    chunks_.push_back({memory, size});
  }

  std::vector<Chunk> chunks_;
  size_t chunk_ = 0;
  size_t used_ = 0;
};

Arena& arena() {
  static thread_local Arena instance;
  return instance;
}

}  // namespace

void runThreads(int threads, void (*body)(int thread, void* context), void* context) {
  if (threads == 1) return body(0, context);
  std::exception_ptr fault;
  std::mutex lock;
#pragma omp parallel num_threads(threads)
  {
    // OpenMP may give fewer threads than were asked for.
    for (int thread = omp_get_thread_num(); thread < threads; thread += omp_get_num_threads()) {
      try {
        body(thread, context);
      } catch (...) {
        const std::lock_guard<std::mutex> guard(lock);
        fault = std::current_exception();
      }
    }
  }
  if (fault) std::rethrow_exception(fault);
}

Scratch::Scratch(size_t bytes, bool zeroed) : before_(arena().mark()) {
  data_ = arena().take(bytes);
  if (zeroed) std::memset(data_, 0, bytes);
}

Scratch::~Scratch() { arena().release(before_); }

}  // namespace phenoprint::kernels
