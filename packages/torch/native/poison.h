#pragma once
#include <cstddef>

// Memory that is kept and belongs to nobody, as the address sanitiser is told of it: it knows malloc's
// blocks, and not that ours were freed or how long a tensor is. In other builds these do nothing.
#ifdef PHENOPRINT_SANITISE
#include <sanitizer/asan_interface.h>
#endif

namespace phenoprint {

inline void forbidTouching([[maybe_unused]] const void* from, [[maybe_unused]] size_t bytes) {
#ifdef PHENOPRINT_SANITISE
  __asan_poison_memory_region(from, bytes);
#endif
}

inline void allowTouching([[maybe_unused]] const void* from, [[maybe_unused]] size_t bytes) {
#ifdef PHENOPRINT_SANITISE
  __asan_unpoison_memory_region(from, bytes);
#endif
}

}  // namespace phenoprint
