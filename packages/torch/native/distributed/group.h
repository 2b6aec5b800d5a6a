#pragma once
#include <torch/csrc/distributed/c10d/Backend.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace phenoprint {

/** Where and as what a process joins a group. */
struct Rendezvous {
  /** Of the store in which ranks find each other, on the first rank or at whoever started the ranks. */
  std::string address;
  uint16_t port;
  int rank;
  int size;
  /** For joining, and for each collective operation. */
  std::chrono::milliseconds timeout;
  /** Whether the store is of this process. */
  bool serves;
  /** Before the store's keys: ranks of one start share it. */
  std::string prefix;
  /** Whether it has a GPU for itself; none where no rank computes on one. */
  std::optional<bool> ownGpu;
};

/** What a group does with the tensors of its ranks, element by element. */
enum class Reduction { kSum, kMean, kMax };

/**
 * Processes that compute together, over TCP by Gloo; tensors of a GPU by NCCL where the build has it and every rank
 * a GPU of its own, else by way of the CPU. Operations are called in the same order on every rank.
 */
class Group {
 public:
  /** Waits until all ranks are there. */
  static std::shared_ptr<Group> join(const Rendezvous& rendezvous);

  int rank() const { return backend_->getRank(); }
  int size() const { return backend_->getSize(); }

  /** Where tensors of a device are exchanged: there, or on the CPU. */
  at::Device placeOf(at::Device device) const;
  /** Reduces a contiguous tensor in place, later; the tensor is kept until then. It lies where placeOf() says. */
  c10::intrusive_ptr<c10d::Work> start(at::Tensor tensor, Reduction reduction);
  /** Waits for what start() began. */
  void finish(const c10::intrusive_ptr<c10d::Work>& work);

  /** Reduces tensors in place, those of one dtype in one message. */
  void allReduce(const std::vector<at::Tensor>& tensors, Reduction reduction);
  /** Gives every rank the tensors of one. */
  void broadcast(const std::vector<at::Tensor>& tensors, int root);
  /** The tensors of all ranks, of one shape and dtype, `[rank, ...]`. */
  at::Tensor allGather(const at::Tensor& tensor);

 private:
  explicit Group(c10::intrusive_ptr<c10d::Backend> backend) : backend_(std::move(backend)) {}
  c10d::Backend& carrierOf(const at::Tensor& tensor) { return tensor.is_cuda() ? *nccl_ : *backend_; }

  c10::intrusive_ptr<c10d::Backend> backend_;
  /** Null without it. */
  c10::intrusive_ptr<c10d::Backend> nccl_;
};

}  // namespace phenoprint
