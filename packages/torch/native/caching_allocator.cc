#include "caching_allocator.h"

#include <c10/util/Exception.h>
#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <limits>

#include "poison.h"

namespace phenoprint {

/** What is known of a block. A small one has it before its data, in the 64 bytes that alignment needs anyway. */
struct alignas(64) CachingAllocator::Block {
  size_t size;
  size_t sizeClass;
  void* data;
  // While it is free: neighbours in its class, and in age.
  Block* nextInClass = nullptr;
  Block* previousInClass = nullptr;
  Block* older = nullptr;
  Block* newer = nullptr;
};

namespace {

constexpr size_t kAlignment = 64;
constexpr size_t kLargestSmall = size_t{1} << 20;
constexpr size_t kHugePage = size_t{2} << 20;

struct SizeClass {
  size_t index;
  size_t size;
};

/** Eight sizes to a power of two: at most an eighth is wasted. */
SizeClass classOf(size_t bytes) {
  constexpr size_t kSmallest = 8 * kAlignment;
  if (bytes <= kSmallest) return {(bytes - 1) / kAlignment, (bytes + kAlignment - 1) / kAlignment * kAlignment};
  const int power = std::bit_width(bytes - 1) - 1;
  const size_t step = size_t{1} << (power - 3);
  const size_t steps = (bytes + step - 1) / step;  // 9 to 16
  return {static_cast<size_t>(power) * 8 + steps - 9, steps * step};
}

bool isMapped(size_t size) { return size > kLargestSmall; }

size_t wholeHugePages(size_t size) { return (size + kHugePage - 1) / kHugePage * kHugePage; }

/** Whole huge pages, aligned to one; what lies around them goes back at once. */
void* map(size_t size) {
  const size_t mapped = size + kHugePage;
  void* start = mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED) return nullptr;
  const auto address = reinterpret_cast<uintptr_t>(start);
  const uintptr_t aligned = wholeHugePages(address);
  if (aligned > address) munmap(start, aligned - address);
  const size_t tail = address + mapped - (aligned + size);
  if (tail > 0) munmap(reinterpret_cast<void*>(aligned + size), tail);
  void* result = reinterpret_cast<void*>(aligned);
#ifdef MADV_HUGEPAGE
  madvise(result, size, MADV_HUGEPAGE);
#endif
  return result;
}

}  // namespace

CachingAllocator& CachingAllocator::instance() {
  static auto& allocator = *new CachingAllocator;
  return allocator;
}

c10::DataPtr CachingAllocator::allocate(size_t bytes) {
  const c10::Device cpu(c10::DeviceType::CPU);
  if (bytes == 0) return {nullptr, cpu};
  const Block* block = take(bytes);
  void* data = block->data;
  allowTouching(data, bytes);
  forbidTouching(static_cast<char*>(data) + bytes, roomIn(*block) - bytes);
  // Data and context are one, as raw_deleter() promises.
  return {data, data, &CachingAllocator::free, cpu};
}

c10::DeleterFnPtr CachingAllocator::raw_deleter() const { return &CachingAllocator::free; }

void CachingAllocator::copy_data(void* destination, const void* source, std::size_t count) const {
  default_copy_data(destination, source, count);
}

void CachingAllocator::free(void* data) {
  if (data != nullptr) instance().give(data);
}

size_t CachingAllocator::roomIn(const Block& block) {
  return isMapped(block.size) ? block.size : block.size - sizeof(Block);
}

CachingAllocator::Block* CachingAllocator::take(size_t bytes) {
  TORCH_CHECK(bytes < std::numeric_limits<size_t>::max() / 2, "not enough memory: ", bytes, " bytes were asked for");
  const size_t withHeader = bytes + sizeof(Block);
  const SizeClass wanted = classOf(isMapped(withHeader) ? wholeHugePages(bytes) : withHeader);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    Block* block = findFree(wanted.index);
    const size_t size = block != nullptr ? block->size : wanted.size;
    statistics_.inUse += size;
    if (statistics_.inUse > statistics_.peak) statistics_.peak = statistics_.inUse;
    if (block != nullptr) {
      unlist(block);
      return block;
    }
    statistics_.reserved += size;
    evictTo(statistics_.limit);
  }
  return obtain(wanted.index, wanted.size);
}

CachingAllocator::Block* CachingAllocator::findFree(size_t sizeClass) {
  for (size_t index = sizeClass; index < std::min(sizeClass + 3, kClasses); ++index) {
    if (free_[index] != nullptr) return free_[index];
  }
  return nullptr;
}

CachingAllocator::Block* CachingAllocator::obtain(size_t sizeClass, size_t size) {
  const auto fromSystem = [size] { return isMapped(size) ? map(size) : std::aligned_alloc(kAlignment, size); };
  void* memory = fromSystem();
  if (memory == nullptr) {
    trim();
    memory = fromSystem();
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  if (memory == nullptr) {
    statistics_.inUse -= size;
    statistics_.reserved -= size;
    TORCH_CHECK(false, "not enough memory for ", size, " bytes; tensors hold ", statistics_.inUse,
                " bytes. Use smaller batches, or free tensors with tidy() and dispose().");
  }
  if (!isMapped(size)) return new (memory) Block{size, sizeClass, static_cast<Block*>(memory) + 1};
  return mapped_[memory] = new Block{size, sizeClass, memory};
}

void CachingAllocator::release(Block* block) {
  allowTouching(block->data, roomIn(*block));
  if (!isMapped(block->size)) return std::free(block);
  munmap(block->data, block->size);
  mapped_.erase(block->data);
  delete block;
}

CachingAllocator::Block* CachingAllocator::blockOf(void* data) {
  if (reinterpret_cast<uintptr_t>(data) % kHugePage == 0) {
    const auto found = mapped_.find(data);
    if (found != mapped_.end()) return found->second;
  }
  return static_cast<Block*>(data) - 1;
}

void CachingAllocator::give(void* data) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Block* block = blockOf(data);
  forbidTouching(data, roomIn(*block));
  statistics_.inUse -= block->size;
  block->previousInClass = nullptr;
  block->nextInClass = free_[block->sizeClass];
  if (block->nextInClass != nullptr) block->nextInClass->previousInClass = block;
  free_[block->sizeClass] = block;
  block->newer = nullptr;
  block->older = newest_;
  (newest_ != nullptr ? newest_->newer : oldest_) = block;
  newest_ = block;
  evictTo(statistics_.limit);
}

void CachingAllocator::unlist(Block* block) {
  (block->previousInClass != nullptr ? block->previousInClass->nextInClass : free_[block->sizeClass]) = block->nextInClass;
  if (block->nextInClass != nullptr) block->nextInClass->previousInClass = block->previousInClass;
  (block->newer != nullptr ? block->newer->older : newest_) = block->older;
  (block->older != nullptr ? block->older->newer : oldest_) = block->newer;
}

void CachingAllocator::evictTo(size_t bytes) {
  while (statistics_.reserved > bytes && oldest_ != nullptr) {
    Block* block = oldest_;
    unlist(block);
    statistics_.reserved -= block->size;
    release(block);
  }
}

void CachingAllocator::setLimit(size_t bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  statistics_.limit = bytes;
  evictTo(bytes);
}

size_t CachingAllocator::trim() {
  const std::lock_guard<std::mutex> lock(mutex_);
  const size_t before = statistics_.reserved;
  evictTo(0);
  return before - statistics_.reserved;
}

AllocatorStatistics CachingAllocator::statistics() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return statistics_;
}

}  // namespace phenoprint
