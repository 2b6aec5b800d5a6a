#include "gradient_buckets.h"

#include <ATen/Functions.h>
#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

namespace phenoprint {

/** Runs on a thread of autograd, after a gradient was added to its parameter's. */
class GradientBuckets::Hook final : public torch::autograd::PostAccumulateGradHook {
 public:
  Hook(std::weak_ptr<GradientBuckets> buckets, size_t slot) : buckets_(std::move(buckets)), slot_(slot) {}
  void operator()(const torch::autograd::Variable&) override {
    const auto buckets = buckets_.lock();
    if (buckets == nullptr) return;
    const std::lock_guard guard(buckets->mutex_);
    if (!buckets->armed_) return;
    buckets->fill(slot_);
    buckets->sendFull();
  }

 private:
  const std::weak_ptr<GradientBuckets> buckets_;
  const size_t slot_;
};

std::shared_ptr<GradientBuckets> GradientBuckets::over(std::shared_ptr<Group> group,
                                                       const std::vector<at::Tensor>& parameters, int64_t bucketBytes) {
  std::shared_ptr<GradientBuckets> buckets(new GradientBuckets(std::move(group)));
  buckets->layOut(parameters, bucketBytes);
  for (size_t index = 0; index < buckets->slots_.size(); ++index) {
    torch::autograd::impl::set_post_acc_grad_hooks(buckets->slots_[index].parameter, std::make_unique<Hook>(buckets, index));
  }
  return buckets;
}

void GradientBuckets::layOut(const std::vector<at::Tensor>& parameters, int64_t bucketBytes) {
  int64_t elements = 0;
  const auto close = [&] {
    Bucket& bucket = buckets_.back();
    for (const size_t slot : bucket.slots) slots_[slot].counter = elements++;
    const at::Tensor& first = slots_[bucket.slots.front()].parameter;
    bucket.flat = at::zeros({elements}, first.options().device(group_->placeOf(first.device())).requires_grad(false));
    elements = 0;
  };
  // The last layers' gradients come first.
  for (auto parameter = parameters.rbegin(); parameter != parameters.rend(); ++parameter) {
    const bool fits = !buckets_.empty() && (elements + parameter->numel()) * parameter->element_size() <= bucketBytes &&
                      slots_.back().parameter.scalar_type() == parameter->scalar_type();
    if (!fits) {
      if (!buckets_.empty()) close();
      buckets_.emplace_back();
    }
    buckets_.back().slots.push_back(slots_.size());
    slots_.push_back({*parameter, buckets_.size() - 1, elements, 0});
    elements += parameter->numel();
  }
  if (!buckets_.empty()) close();
}

/** A gradient's part of its bucket, in the order in memory of its parameter. */
at::Tensor GradientBuckets::placeOf(const Bucket& bucket, const Slot& slot) {
  const at::Tensor part = bucket.flat.narrow(0, slot.offset, slot.parameter.numel());
  const bool dense = slot.parameter.is_non_overlapping_and_dense();
  return dense ? part.as_strided(slot.parameter.sizes(), slot.parameter.strides()) : part.view(slot.parameter.sizes());
}

void GradientBuckets::arm() {
  const std::lock_guard guard(mutex_);
  armed_ = true;
  next_ = 0;
  for (Slot& slot : slots_) slot.filled = false;
  for (Bucket& bucket : buckets_) {
    bucket.filled = 0;
    bucket.sum.reset();
  }
}

void GradientBuckets::fill(size_t index) {
  Slot& slot = slots_[index];
  if (slot.filled) return;
  slot.filled = true;
  Bucket& bucket = buckets_[slot.bucket];
  const at::NoGradGuard unrecorded;
  const at::Tensor& gradient = slot.parameter.grad();
  if (gradient.defined()) {
    placeOf(bucket, slot).copy_(gradient);
  } else {
    placeOf(bucket, slot).zero_();
  }
  bucket.flat.narrow(0, slot.counter, 1).fill_(gradient.defined() ? 1 : 0);
  ++bucket.filled;
}

/** In the order of the buckets, so that all ranks send them in the same one. */
void GradientBuckets::sendFull() {
  for (; next_ < buckets_.size(); ++next_) {
    Bucket& bucket = buckets_[next_];
    if (bucket.filled < bucket.slots.size()) return;
    bucket.sum = group_->start(bucket.flat, Reduction::kSum);
  }
}

void GradientBuckets::finish() {
  const std::lock_guard guard(mutex_);
  armed_ = false;
  const at::NoGradGuard unrecorded;
  for (size_t index = 0; index < slots_.size(); ++index) fill(index);
  sendFull();
  for (const Bucket& bucket : buckets_) {
    group_->finish(bucket.sum);
    for (const size_t index : bucket.slots) {
      const Slot& slot = slots_[index];
      if (bucket.flat[slot.counter].item<double>() == 0) continue;
      at::Tensor& gradient = slot.parameter.mutable_grad();
      if (!gradient.defined()) gradient = at::empty_like(slot.parameter);
      gradient.copy_(placeOf(bucket, slot));
    }
  }
}

void GradientBuckets::detach() {
  const std::lock_guard guard(mutex_);
  for (Slot& slot : slots_) torch::autograd::impl::set_post_acc_grad_hooks(slot.parameter, nullptr);
  slots_.clear();
  buckets_.clear();
}

}  // namespace phenoprint
