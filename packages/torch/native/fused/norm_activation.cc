#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include "kernel_choice.h"
#include "norm.h"
#include "operands.h"
#include "pass_times.h"

// Batch norm, residual and activation as one operator, y = act(norm(x) + residual): four passes over
// the images, forward and backward together, where libtorch's operators make eight to eleven.
namespace phenoprint::fused {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
using MaybeTensor = std::optional<Tensor>;

/** What the operator is, besides its tensors, and what its forward pass leaves. */
struct NormPlan : torch::CustomClassHolder {
  kernels::NormActivation kernel;
  const kernels::KernelSet* set;
  NormLayer norm;
  NormState state;
  bool training;
};

/** The plan's kernel on these tensors. */
kernels::NormActivation kernelOn(const NormPlan& plan, const Tensor& x, const Tensor& residual) {
  kernels::NormActivation kernel = plan.kernel;
  kernel.input = bytes(x);
  kernel.residual = bytes(residual);
  kernel.norm = plan.state.affine();
  return kernel;
}

class NormActivation : public torch::autograd::Function<NormActivation> {
 public:
  static Tensor forward(AutogradContext* ctx, const Tensor& x, const MaybeTensor& residual, const Tensor& scale, const Tensor& shift,
                        const c10::intrusive_ptr<NormPlan>& plan) {
    const at::AutoDispatchBelowAutograd below;
    const PassTimer timer("norm and activation forward");
    const kernels::NormActivation& k = plan->kernel;
    if (plan->training) {
      Sums sums(k.channels);
      plan->set->moments({k.element, k.threads, k.rows, k.channels, bytes(x), sums.out()});
      plan->state = normOfBatch(plan->norm, sums, k.rows);
    } else {
      plan->state = normOfRunning(plan->norm);
    }
    Tensor y = at::empty_like(x);
    const Tensor added = residual.value_or(Tensor());
    plan->set->normActivation(kernelOn(*plan, x, added), bytes(y));
    ctx->save_for_backward({x, added});
    ctx->saved_data["plan"] = c10::IValue::make_capsule(plan);
    return y;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& gradients) {
    TORCH_CHECK(!c10::GradMode::is_enabled(), "a fused norm has no second derivative: use batchNorm for create_graph");
    const at::AutoDispatchBelowAutograd below;
    const c10::impl::ExcludeDispatchKeyGuard noAutocast(c10::autocast_dispatch_keyset);
    const PassTimer timer("norm and activation backward");
    const auto plan = c10::static_intrusive_pointer_cast<NormPlan>(ctx->saved_data["plan"].toCapsule());
    const variable_list saved = ctx->get_saved_variables();
    const Tensor &x = saved[0], &residual = saved[1];
    const Tensor dy = images(gradients[0], plan->kernel.element);
    const kernels::NormActivation kernel = kernelOn(*plan, x, residual);
    Sums sums(kernel.channels);
    plan->set->normActivationSums({kernel, bytes(dy), plan->state.means(), sums.out()});
    const NormGradients norm = normGradients(plan->state, sums.first(), sums.second());
    Tensor dx = at::empty_like(x), dr = residual.defined() ? at::empty_like(x) : Tensor();
    plan->set->normActivationBackward({kernel, bytes(dy), norm.undo(), bytes(dx), bytes(dr)});
    return {dx, dr, norm.weight, norm.bias, Tensor()};
  }
};

kernels::Element elementOf(const Tensor& x) {
  TORCH_CHECK(x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16, "a fused norm takes float32 or bfloat16, not ",
              x.scalar_type());
  return x.scalar_type() == at::kFloat ? kernels::Element::float32 : kernels::Element::bfloat16;
}

Tensor normActivation(const Tensor& input, const MaybeTensor& residual, const std::vector<Tensor>& norm, const std::string& activation,
                      bool training, double momentum, double eps) {
  const c10::impl::ExcludeDispatchKeyGuard noAutocast(c10::autocast_dispatch_keyset);
  const auto plan = c10::make_intrusive<NormPlan>();
  kernels::NormActivation& k = plan->kernel;
  k.element = elementOf(input);
  const Tensor x = images(input, k.element);
  k.activation = activation == "relu" ? kernels::Activation::relu : activationOf(activation);
  k.threads = at::get_num_threads();
  k.channels = x.size(1);
  k.rows = x.size(0) * x.size(2) * x.size(3);
  plan->set = &kernelsInUse();
  plan->training = training;
  TORCH_CHECK(k.channels % 8 == 0, "a fused norm has a multiple of 8 channels, not ", k.channels);
  TORCH_CHECK(!training || k.rows > 1, "training needs more than one value a channel for a variance");
  plan->norm = normLayer(norm, momentum, eps, k.channels, "the norm");
  MaybeTensor added;
  if (residual) {
    TORCH_CHECK(residual->sizes() == x.sizes(), "the residual is ", residual->sizes(), ", and what it is added to ", x.sizes());
    added = images(*residual, k.element);
  }
  return NormActivation::apply(x, added, norm[0], norm[1], plan);
}

TORCH_LIBRARY_FRAGMENT(phenoprint, library) {
  library.def(
      "norm_activation(Tensor x, Tensor? residual, Tensor[] norm, str activation, bool training, float momentum, float eps) -> Tensor",
      normActivation);
}

}  // namespace
}  // namespace phenoprint::fused
