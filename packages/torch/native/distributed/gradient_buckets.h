#pragma once
#include <ATen/core/Tensor.h>

#include <memory>
#include <mutex>
#include <vector>

#include "group.h"

namespace phenoprint {

/**
 * The gradients of parameters, summed over the ranks of a group while the backward pass goes on: parameters
 * are laid into buckets from the last to the first, and a bucket is sent as soon as it and all before it are full.
 * Li et al. 2020, "PyTorch Distributed" (arXiv:2006.15704), section 3.2.
 */
class GradientBuckets {
 public:
  /** Hooks the parameters, leaves of floating dtype, the same on every rank. */
  static std::shared_ptr<GradientBuckets> over(std::shared_ptr<Group> group, const std::vector<at::Tensor>& parameters,
                                               int64_t bucketBytes);

  /** From now on gradients are final as they come: the next backward pass is the step's last one. */
  void arm();
  /**
   * Sends what was not sent, waits, and puts the sums into the gradients. A parameter without a gradient on every
   * rank stays without one.
   */
  void finish();
  /** Lets go of the parameters. */
  void detach();

 private:
  struct Slot {
    at::Tensor parameter;
    size_t bucket;
    int64_t offset;
    /** Where the bucket counts the ranks that had a gradient. */
    int64_t counter;
    bool filled = false;
  };
  struct Bucket {
    at::Tensor flat;
    std::vector<size_t> slots;
    size_t filled = 0;
    c10::intrusive_ptr<c10d::Work> sum;
  };
  class Hook;

  explicit GradientBuckets(std::shared_ptr<Group> group) : group_(std::move(group)) {}
  void layOut(const std::vector<at::Tensor>& parameters, int64_t bucketBytes);
  void fill(size_t slot);
  void sendFull();
  static at::Tensor placeOf(const Bucket& bucket, const Slot& slot);

  const std::shared_ptr<Group> group_;
  std::mutex mutex_;
  bool armed_ = false;
  std::vector<Slot> slots_;
  std::vector<Bucket> buckets_;
  /** Buckets before it are sent. */
  size_t next_ = 0;
};

}  // namespace phenoprint
