#include "kernel_choice.h"

#include <ATen/ATen.h>
#include <torch/library.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include <atomic>
#include <string>
#include <vector>

namespace phenoprint::kernels {
#if defined(__x86_64__)
namespace avx512_amx { extern const KernelSet kernelSet; }
namespace avx512_bf16 { extern const KernelSet kernelSet; }
namespace avx512 { extern const KernelSet kernelSet; }
namespace avx2 { extern const KernelSet kernelSet; }
#endif
}  // namespace phenoprint::kernels

namespace phenoprint::fused {
namespace {

using kernels::KernelSet;

#if defined(__x86_64__)
/** Whether there are tile registers for bfloat16, and the kernel lets this process use them. */
bool tilesAllowed() {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  constexpr unsigned kTile = 1u << 24, kBfloat16 = 1u << 22;
  if (!__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) || (edx & kTile) == 0 || (edx & kBfloat16) == 0) return false;
  constexpr long kRequestPermission = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}
#endif

std::vector<const KernelSet*> usableSets() {
  std::vector<const KernelSet*> sets;
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  const bool bfloat16 = avx512 && __builtin_cpu_supports("avx512bf16");
  if (bfloat16 && tilesAllowed()) sets.push_back(&kernels::avx512_amx::kernelSet);
  if (bfloat16) sets.push_back(&kernels::avx512_bf16::kernelSet);
  if (avx512) sets.push_back(&kernels::avx512::kernelSet);
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) sets.push_back(&kernels::avx2::kernelSet);
#endif
  return sets;
}

const std::vector<const KernelSet*>& usable() {
  static const std::vector<const KernelSet*> sets = usableSets();
  return sets;
}

std::atomic<const KernelSet*>& chosen() {
  static std::atomic<const KernelSet*> set{usable().empty() ? nullptr : usable().front()};
  return set;
}

/** The names of the builds that this processor can run, the fastest first. */
std::string names() {
  std::string text;
  for (const KernelSet* set : usable()) text += (text.empty() ? "" : ",") + std::string(set->name);
  return text;
}

}  // namespace

const KernelSet& kernelsInUse() {
  const KernelSet* set = chosen();
  TORCH_CHECK(set != nullptr, "no fused kernel was built for this processor: use stock operators");
  return *set;
}

const KernelSet& kernelsNamed(const std::string& name) {
  for (const KernelSet* set : usable()) {
    if (set->name == name) return *set;
  }
  TORCH_CHECK(false, "no fused kernels \"", name, "\" that this processor can run; there are: ", names());
}

TORCH_LIBRARY_FRAGMENT(phenoprint, library) {
  library.def("usable_kernels() -> str", [] { return names(); });
  library.def("kernels_in_use() -> str", [] { return std::string(kernelsInUse().name); });
  // From now on, in the whole process.
  library.def("choose_kernels(str name) -> ()", [](const std::string& name) { chosen() = &kernelsNamed(name); });
}

}  // namespace phenoprint::fused
