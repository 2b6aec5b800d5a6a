#pragma once
#include <c10/core/Allocator.h>

#include <array>
#include <cstddef>
#include <mutex>
#include <unordered_map>

namespace phenoprint {

struct AllocatorStatistics {
  /** Bytes held from the system: in use and cached. */
  size_t reserved;
  size_t inUse;
  /** The most that was in use. */
  size_t peak;
  /** What may be reserved while something is cached; blocks in use may go beyond it. */
  size_t limit;
};

/**
 * libtorch's CPU memory, kept for the next tensor of its size.
 *
 * glibc returns a big block to the kernel when it is freed and faults its pages in again for the next
 * tensor: with a training step's activations that is a third of the step. Here a freed block goes on
 * the list of its size class (eight classes to a power of two) and is handed out again as it is, also
 * for the two classes below. Blocks above 1 MiB are whole huge pages. Data is 64-byte aligned. Any
 * thread may allocate and free.
 *
 * When a new block would take what is reserved over the limit, the blocks freed longest ago go back
 * to the system first; so do all of them when the system has no memory left.
 */
class CachingAllocator final : public c10::Allocator {
 public:
  /** The process's allocator; never destroyed, for tensors may outlive everything else. */
  static CachingAllocator& instance();

  c10::DataPtr allocate(size_t bytes) override;
  c10::DeleterFnPtr raw_deleter() const override;
  void copy_data(void* destination, const void* source, std::size_t count) const override;

  void setLimit(size_t bytes);
  /** Gives every cached block back to the system; returns the bytes. */
  size_t trim();
  AllocatorStatistics statistics();

 private:
  struct Block;
  CachingAllocator() = default;

  Block* take(size_t bytes);
  void give(void* data);
  static void free(void* data);
  /** The bytes of data that it has, asked for or not. */
  static size_t roomIn(const Block& block);
  // With the lock held, but obtain():
  Block* blockOf(void* data);
  Block* findFree(size_t sizeClass);
  Block* obtain(size_t sizeClass, size_t size);
  void unlist(Block* block);
  void release(Block* block);
  /** Gives back the oldest blocks until at most `bytes` are reserved. */
  void evictTo(size_t bytes);

  static constexpr size_t kClasses = 8 * 64;
  std::mutex mutex_;
  /** The blocks of huge pages, by their data: a header before it would cost a page of its own. */
  std::unordered_map<void*, Block*> mapped_;
  /** The free blocks of each class, the last freed first. */
  std::array<Block*, kClasses> free_{};
  /** All free blocks by when they were freed. */
  Block* oldest_ = nullptr;
  Block* newest_ = nullptr;
  AllocatorStatistics statistics_{0, 0, 0, SIZE_MAX};
};

}  // namespace phenoprint
