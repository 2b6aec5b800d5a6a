#pragma once
#include <torch/csrc/distributed/c10d/Backend.hpp>

#include <chrono>
#include <memory>
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
};

/** What a group does with the tensors of its ranks, element by element. */
enum class Reduction { kSum, kMean, kMax };

/** Processes that compute together, over TCP by Gloo. Operations are called in the same order on every rank. */
class Group {
 public:
  /** Waits until all ranks are there. */
  static std::shared_ptr<Group> join(const Rendezvous& rendezvous);

  int rank() const { return backend_->getRank(); }
  int size() const { return backend_->getSize(); }

  /** Reduces a contiguous CPU tensor in place, later; the tensor is kept until then. */
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
  c10::intrusive_ptr<c10d::Backend> backend_;
};

}  // namespace phenoprint
