#include "caching_allocator.h"

#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <random>
#include <string>
#include <thread>
#include <vector>

// Threads allocate blocks of every size, fill them, and hand them to each other to check and free.
namespace {

using phenoprint::CachingAllocator;

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "failed: %s\n", what);
  std::exit(1);
}

struct Filled {
  c10::DataPtr data;
  size_t bytes;
  unsigned char value;
};

/** A queue that every thread gives to and takes from. */
class Exchange {
 public:
  void give(Filled block) {
    const std::lock_guard<std::mutex> lock(mutex_);
    blocks_.push_back(std::move(block));
  }
  bool take(Filled& block) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (blocks_.empty()) return false;
    block = std::move(blocks_.front());
    blocks_.pop_front();
    return true;
  }

 private:
  std::mutex mutex_;
  std::deque<Filled> blocks_;
};

void checkAndFree(Filled block) {
  const auto* bytes = static_cast<const unsigned char*>(block.data.get());
  for (size_t index = 0; index < block.bytes; index += 1 + index / 7) {
    require(bytes[index] == block.value, "a block holds what was written into it");
  }
  require(bytes[block.bytes - 1] == block.value, "a block is whole to its last byte");
}

void work(unsigned seed, Exchange& exchange) {
  std::mt19937 random(seed);
  for (int round = 0; round < 1500; ++round) {
    const size_t largest = size_t{1} << (random() % 23);
    const size_t bytes = 1 + random() % largest;
    Filled block{CachingAllocator::instance().allocate(bytes), bytes, static_cast<unsigned char>(random())};
    require(reinterpret_cast<uintptr_t>(block.data.get()) % 64 == 0, "data is 64-byte aligned");
    require(block.data.get() == block.data.get_context(), "data and context are one");
    std::memset(block.data.get(), block.value, bytes);
    exchange.give(std::move(block));
    Filled other;
    if (round % 4 != 0 && exchange.take(other)) checkAndFree(std::move(other));
    if (round % 500 == seed % 500) CachingAllocator::instance().trim();
  }
}

void runThreads(size_t limit) {
  CachingAllocator::instance().setLimit(limit);
  Exchange exchange;
  std::vector<std::thread> threads;
  for (unsigned seed = 0; seed < 4; ++seed) threads.emplace_back(work, seed, std::ref(exchange));
  for (std::thread& thread : threads) thread.join();
  Filled left;
  while (exchange.take(left)) checkAndFree(std::move(left));
  const auto statistics = CachingAllocator::instance().statistics();
  require(statistics.inUse == 0, "nothing is in use when all is freed");
  require(statistics.reserved <= limit, "the cache keeps to its limit");
}

/** Touches memory that is nobody's, by the name of the fault: the address sanitiser ends the program. */
void trespass(const std::string& fault) {
  volatile unsigned char touched = 0;
  for (const size_t bytes : {size_t{100}, size_t{5} << 20}) {
    c10::DataPtr data = CachingAllocator::instance().allocate(bytes);
    auto* start = static_cast<unsigned char*>(data.get());
    if (fault == "beyond") touched = start[bytes];
    data.clear();
    if (fault == "freed") touched = start[bytes / 2];
  }
  std::printf("nobody objected to %d\n", touched);
}

}  // namespace

int main(int count, char** words) {
  if (count > 1) return trespass(words[1]), 0;
  for (const size_t limit : {SIZE_MAX, size_t{64} << 20, size_t{0}}) runThreads(limit);
  CachingAllocator& allocator = CachingAllocator::instance();
  void* raw = allocator.raw_allocate(1000);
  require(allocator.statistics().inUse >= 1000, "raw memory is counted");
  allocator.raw_deallocate(raw);
  require(allocator.allocate(0).get() == nullptr, "no bytes are no block");
  allocator.trim();
  require(allocator.statistics().reserved == 0, "trim() leaves nothing");
  std::puts("ok");
}
