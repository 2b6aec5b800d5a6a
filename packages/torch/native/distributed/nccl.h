#pragma once
#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

#include <chrono>

namespace phenoprint {

/** Whether this build has NCCL. */
bool hasNccl();

/** NCCL's group of these ranks, each with a GPU of its own; only where hasNccl(). */
c10::intrusive_ptr<c10d::Backend> joinNccl(const c10::intrusive_ptr<c10d::Store>& store, int rank, int size,
                                           std::chrono::milliseconds timeout);

}  // namespace phenoprint
