#include "summed.h"

#include <torch/csrc/autograd/custom_function.h>

namespace phenoprint {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/** The group of a node of the graph, which lives as long as the node. */
struct HeldGroup : torch::CustomClassHolder {
  explicit HeldGroup(std::shared_ptr<Group> group) : group(std::move(group)) {}
  const std::shared_ptr<Group> group;
};

at::Tensor sumNow(const at::Tensor& tensor, Group& group) {
  at::Tensor sum = tensor.detach().clone();
  group.allReduce({sum}, Reduction::kSum);
  return sum;
}

struct Summed : torch::autograd::Function<Summed> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& tensor, const c10::intrusive_ptr<HeldGroup>& held) {
    context->saved_data["group"] = c10::IValue::make_capsule(held);
    return sumNow(tensor, *held->group);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto held = context->saved_data["group"].toCapsule();
    return {sumNow(gradients[0], *static_cast<HeldGroup*>(held.get())->group), at::Tensor()};
  }
};

}  // namespace

at::Tensor summed(const at::Tensor& tensor, const std::shared_ptr<Group>& group) {
  return Summed::apply(tensor, c10::make_intrusive<HeldGroup>(group));
}

}  // namespace phenoprint
