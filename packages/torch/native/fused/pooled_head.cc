#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include "kernel_choice.h"
#include "norm.h"
#include "operands.h"
#include "pass_times.h"

// The end of a network as one operator: h = mean over the image of act(norm(W x)). Only z = W x is
// stored. Backward, the gradient of each pixel is that of the mean, divided by the pixels.
namespace phenoprint::fused {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/** What a head is, besides its tensors, and what its forward pass leaves. */
struct HeadPlan : torch::CustomClassHolder {
  kernels::Element element;
  kernels::Activation activation;
  bool training;
  int threads;
  const kernels::KernelSet* set;
  int64_t samples, pixels, inChannels, outChannels;
  NormLayer norm;
  NormState state;
};

class PooledHead : public torch::autograd::Function<PooledHead> {
 public:
  static Tensor forward(AutogradContext* ctx, const Tensor& x, const Tensor& weight, const Tensor& scale, const Tensor& shift,
                        const c10::intrusive_ptr<HeadPlan>& plan) {
    const at::AutoDispatchBelowAutograd below;
    const PassTimer timer("head forward");
    const HeadPlan& p = *plan;
    Tensor z = at::empty({p.samples, p.outChannels, x.size(2), x.size(3)}, x.options(), at::MemoryFormat::ChannelsLast);
    Sums sums(p.outChannels);
    const Tensor panels = packed(*p.set, p.element, {floats(weight), 1, p.inChannels, p.inChannels, p.outChannels}, p.threads);
    p.set->pointwiseForward({p.element, p.threads, p.samples * p.pixels, p.inChannels, p.outChannels, bytes(x), panelsOf(panels),
                             bytes(z), sums.out()});
    plan->state = p.training ? normOfBatch(p.norm, sums, p.samples * p.pixels) : normOfRunning(p.norm);
    Tensor pooled = at::empty({p.samples, kernels::padded(p.outChannels)}, at::kFloat);
    p.set->pool({p.element, p.activation, p.threads, p.samples, p.pixels, p.outChannels, bytes(z), p.state.affine(),
                 pooled.data_ptr<float>()});
    ctx->save_for_backward({x, weight, z});
    ctx->saved_data["plan"] = c10::IValue::make_capsule(plan);
    return pooled.narrow(1, 0, p.outChannels).div(static_cast<double>(p.pixels));
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& gradients) {
    TORCH_CHECK(!c10::GradMode::is_enabled(),
                "a fused head has no second derivative: build the network with stock kernels for create_graph");
    const at::AutoDispatchBelowAutograd below;
    const c10::impl::ExcludeDispatchKeyGuard noAutocast(c10::autocast_dispatch_keyset);
    const PassTimer timer("head backward");
    const auto plan = c10::static_intrusive_pointer_cast<HeadPlan>(ctx->saved_data["plan"].toCapsule());
    const HeadPlan& p = *plan;
    const variable_list saved = ctx->get_saved_variables();
    const Tensor &x = saved[0], &weight = saved[1], &z = saved[2];
    const Tensor pooled = paddedColumns(gradients[0].to(at::kFloat).div(static_cast<double>(p.pixels)));
    Sums sums(p.outChannels);
    p.set->normSums({p.element, p.activation, p.threads, p.samples, p.pixels, p.outChannels, nullptr, floats(pooled), bytes(z),
                     p.state.affine(), p.state.means(), nullptr, sums.out()});
    const NormGradients norm = normGradients(p.state, sums.first(), sums.second());
    Tensor dx = at::empty_like(x), dw = at::empty(weight.sizes(), weight.options());
    const Tensor panels = packed(*p.set, p.element, {floats(weight), p.inChannels, 1, p.outChannels, p.inChannels}, p.threads);
    p.set->expandBackward({p.element, p.activation, p.threads, p.samples, p.pixels, p.inChannels, p.outChannels, nullptr,
                           floats(pooled), p.state.affine(), bytes(z), norm.undo(), bytes(x), nullptr, panelsOf(panels),
                           bytes(dx), nullptr, dw.data_ptr<float>()});
    return {dx, dw, norm.weight, norm.bias, Tensor()};
  }
};

Tensor pooledHead(const Tensor& input, const Tensor& weight, const std::vector<Tensor>& norm, const std::string& activation,
                  bool training, double momentum, double eps) {
  const auto plan = c10::make_intrusive<HeadPlan>();
  plan->element = elementOfRegion();
  const c10::impl::ExcludeDispatchKeyGuard noAutocast(c10::autocast_dispatch_keyset);
  const Tensor x = images(input, plan->element);
  plan->activation = activationOf(activation);
  plan->set = &kernelsInUse();
  plan->threads = at::get_num_threads();
  plan->training = training;
  plan->samples = x.size(0);
  plan->inChannels = x.size(1);
  plan->pixels = x.size(2) * x.size(3);
  plan->outChannels = weight.size(0);
  TORCH_CHECK(plan->inChannels % 8 == 0 && plan->outChannels % 8 == 0, "a fused head has multiples of 8 channels, not ",
              plan->inChannels, " and ", plan->outChannels);
  TORCH_CHECK(!training || plan->samples * plan->pixels > 1, "training needs more than one value a channel for a variance");
  requireFloat("the head's weight", weight, {plan->outChannels, plan->inChannels, 1, 1});
  plan->norm = normLayer(norm, momentum, eps, plan->outChannels, "the head's norm");
  return PooledHead::apply(x, weight.contiguous(), norm[0], norm[1], plan);
}

TORCH_LIBRARY_FRAGMENT(phenoprint, library) {
  library.def(
      "pooled_head(Tensor x, Tensor weight, Tensor[] norm, str activation, bool training, float momentum, float eps) -> Tensor",
      pooledHead);
}

}  // namespace
}  // namespace phenoprint::fused
