#include <c10/core/CPUAllocator.h>

#include <mutex>

#include "caching_allocator.h"
#include "exports.h"
#include "guard.h"

namespace phenoprint {
namespace {

/** Above libtorch's own allocators (0) and those that it may install for a backend. */
constexpr uint8_t kPriority = 200;

size_t readLimit(const Call& call) {
  const double limit = readNumber(call.env, call[0]);
  if (!(limit >= 0)) throw ArgumentError("\"limitBytes\" must be 0 or more");
  return limit >= 1e18 ? SIZE_MAX : static_cast<size_t>(limit);
}

/** installCachingAllocator(limitBytes): for every CPU tensor of the process from now on; once. */
napi_value installCachingAllocator(const Call& call) {
  static std::once_flag once;
  std::call_once(once, [limit = readLimit(call)] {
    CachingAllocator::instance().setLimit(limit);
    c10::SetCPUAllocator(&CachingAllocator::instance(), kPriority);
  });
  return makeUndefined(call.env);
}

/** setAllocatorLimit(limitBytes) */
napi_value setAllocatorLimit(const Call& call) {
  CachingAllocator::instance().setLimit(readLimit(call));
  return makeUndefined(call.env);
}

/** allocator(): { reserved, inUse, peak, limit } in bytes. */
napi_value allocatorStatistics(const Call& call) {
  const AllocatorStatistics statistics = CachingAllocator::instance().statistics();
  napi_value result = makeObject(call.env);
  setProperty(call.env, result, "reserved", makeNumber(call.env, static_cast<double>(statistics.reserved)));
  setProperty(call.env, result, "inUse", makeNumber(call.env, static_cast<double>(statistics.inUse)));
  setProperty(call.env, result, "peak", makeNumber(call.env, static_cast<double>(statistics.peak)));
  setProperty(call.env, result, "limit", makeNumber(call.env, static_cast<double>(statistics.limit)));
  return result;
}

/** trim(): the bytes given back to the system. */
napi_value trim(const Call& call) { return makeNumber(call.env, static_cast<double>(CachingAllocator::instance().trim())); }

}  // namespace

void exportMemory(napi_env env, napi_value exports) {
  exportFunction<installCachingAllocator>(env, exports, "installCachingAllocator");
  exportFunction<setAllocatorLimit>(env, exports, "setAllocatorLimit");
  exportFunction<allocatorStatistics>(env, exports, "allocator");
  exportFunction<trim>(env, exports, "trim");
}

}  // namespace phenoprint
