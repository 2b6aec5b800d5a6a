#include "nccl.h"

#ifdef USE_C10D_NCCL
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>

#include <cstdlib>
#endif

namespace phenoprint {

#ifdef USE_C10D_NCCL

bool hasNccl() { return true; }

c10::intrusive_ptr<c10d::Backend> joinNccl(const c10::intrusive_ptr<c10d::Store>& store, int rank, int size,
                                           std::chrono::milliseconds timeout) {
  // Else a thread of c10d ends the process when a rank is lost, and nobody can say why.
  setenv("TORCH_NCCL_BLOCKING_WAIT", "1", 0);
  const auto options = c10d::ProcessGroupNCCL::Options::create();
  options->timeout = timeout;
  return c10::make_intrusive<c10d::ProcessGroupNCCL>(store, rank, size, options);
}

#else

bool hasNccl() { return false; }

c10::intrusive_ptr<c10d::Backend> joinNccl(const c10::intrusive_ptr<c10d::Store>&, int, int, std::chrono::milliseconds) {
  return {};
}

#endif

}  // namespace phenoprint
