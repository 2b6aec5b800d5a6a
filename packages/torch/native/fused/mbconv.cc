#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "block_shape.h"
#include "mbconv_backward.h"
#include "mbconv_forward.h"

// The operator `phenoprint::mbconv`: its autograd function and the checks of what it is given.
namespace phenoprint::fused {
namespace {

using at::Tensor;
using kernels::Element;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
using MaybeTensor = std::optional<Tensor>;

class MBConv : public torch::autograd::Function<MBConv> {
 public:
  static Tensor forward(AutogradContext* ctx, const Tensor& x, const MaybeTensor& expand, const MaybeTensor& weight1,
                        const MaybeTensor& bias1, const Tensor& depthwise, const Tensor& weight2, const Tensor& bias2,
                        const Tensor& reduce, const Tensor& reduceBias, const Tensor& excite, const Tensor& exciteBias,
                        const Tensor& project, const Tensor& weight3, const Tensor& bias3, const MaybeTensor& branchScale,
                        const c10::intrusive_ptr<Plan>& plan) {
    const at::AutoDispatchBelowAutograd below;
    if (plan->source == Source::stem) plan->image = stemImageOf(*plan, x);
    const Tensor panels = plan->source == Source::input ? Tensor() : wideningPanels(*plan, *expand);
    const Tensor z = plan->source == Source::input ? x : expandForward(*plan, x, *expand, panels);
    const Tensor d = depthwiseForward(*plan, plan->source == Source::computed ? x : z, panels, depthwise);
    plan->gate = gateForward(*plan, d, {reduce, reduceBias, excite, exciteBias});
    const Tensor p = projectForward(*plan, d, project);
    const Tensor branch = branchScale.value_or(Tensor());
    const Tensor y = finishForward(*plan, p, x, branch);
    ctx->save_for_backward({x, expand.value_or(Tensor()), plan->source == Source::input ? Tensor() : z, depthwise, d, reduce,
                            reduceBias, excite, exciteBias, project, p, branch});
    ctx->saved_data["plan"] = c10::IValue::make_capsule(plan);
    return y;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& gradients) {
    TORCH_CHECK(!c10::GradMode::is_enabled(),
                "a fused block has no second derivative: build the network with stock kernels for create_graph");
    const at::AutoDispatchBelowAutograd below;
    const c10::impl::ExcludeDispatchKeyGuard noAutocast(c10::autocast_dispatch_keyset);
    const auto plan = c10::static_intrusive_pointer_cast<Plan>(ctx->saved_data["plan"].toCapsule());
    const variable_list saved = ctx->get_saved_variables();
    const Tensor &x = saved[0], &expand = saved[1], &depthwise = saved[3], &d = saved[4], &project = saved[9], &p = saved[10];
    const Tensor& z = plan->source == Source::input ? x : saved[2];
    const Tensor dy = images(gradients[0], plan->element);
    if (plan->source == Source::stem) plan->image.data = x.const_data_ptr<float>();

    const auto behindP = projectBackward(*plan, dy, d, p, project, {saved[5], saved[6], saved[7], saved[8]}, saved[11]);
    DepthwiseGradients behindD;
    ExpandGradients first;
    if (plan->source == Source::computed) {
      std::tie(behindD, first) = widenedGradients(*plan, behindP, d, x, expand, depthwise, dy);
    } else {
      behindD = depthwiseBackward(*plan, behindP, d, z, depthwise);
      if (plan->source != Source::input) {
        first = expandBackward(*plan, behindD, z, x, expand, dy);
      } else {
        first.input = plan->residual ? behindD.input.add_(dy) : behindD.input;
      }
    }
    const GateGradients& gate = behindP.gate;
    return {first.input,       first.weight,    behindD.norm1.weight, behindD.norm1.bias, behindD.weight, behindP.norm2.weight,
            behindP.norm2.bias, gate.reduce,     gate.reduceBias,      gate.expand,        gate.expandBias, behindP.weight,
            behindP.norm3.weight, behindP.norm3.bias, Tensor(),        Tensor()};
  }

 private:
  static kernels::StemImage stemImageOf(const Plan& plan, const Tensor& x) {
    kernels::StemImage image = plan.image;
    image.data = x.const_data_ptr<float>();
    return image;
  }
};

/**
 * Whether to compute z where it is read instead of storing it: its channels must be many times those of x, a
 * sample large enough for a matrix product of its own, and there must be one for each thread.
 */
bool isCheaperAgain(const Plan& plan) {
  const kernels::DepthwiseShape& s = plan.shape;
  return plan.inChannels <= kNarrowChannels && s.height * s.width >= 64 && s.samples >= plan.threads;
}

MaybeTensor maybe(const std::vector<Tensor>& tensors, size_t index) {
  return tensors.empty() ? MaybeTensor() : MaybeTensor(tensors[index]);
}

Tensor mbconv(const Tensor& input, const MaybeTensor& expand, const std::vector<Tensor>& norm1, const Tensor& depthwise,
              const std::vector<Tensor>& norm2, const std::vector<Tensor>& gate, const Tensor& project,
              const std::vector<Tensor>& norm3, const MaybeTensor& branchScale, int64_t stride, bool same,
              const std::string& activation, bool residual, bool training, at::ArrayRef<double> momenta, double eps) {
  const auto plan = c10::make_intrusive<Plan>();
  plan->element = elementOfRegion();
  const c10::impl::ExcludeDispatchKeyGuard noAutocast(c10::autocast_dispatch_keyset);
  plan->activation = activationOf(activation);
  plan->set = &kernelsInUse();
  plan->threads = at::get_num_threads();
  plan->training = training;
  plan->residual = residual;
  plan->source = !expand ? Source::input : expand->size(2) == 3 ? Source::stem : Source::stored;
  const bool stem = plan->source == Source::stem;
  const Tensor x = images(input, stem ? Element::float32 : plan->element);
  TORCH_CHECK(!(stem && x.requires_grad()), "a fused stem gives no gradient of its image: build the network with stock kernels");
  TORCH_CHECK(momenta.size() == 3, "momenta are those of the three norms");
  TORCH_CHECK(depthwise.dim() == 4 && project.dim() == 4, "the depthwise and the projecting weight are of convolutions");
  requireBlock(x.size(1), depthwise.size(0), project.size(0), stem, depthwise.size(2), stride);

  int64_t height = x.size(2), width = x.size(3);
  if (stem) {
    plan->image = stemImage(x, same);
    height = plan->image.outHeight;
    width = plan->image.outWidth;
  }
  plan->shape = depthwiseShape(x.size(0), height, width, {depthwise.size(0), depthwise.size(2), stride, same});
  plan->inChannels = x.size(1);
  if (plan->source == Source::stored && isCheaperAgain(*plan)) plan->source = Source::computed;
  plan->outChannels = project.size(0);
  const int64_t middle = plan->middle();
  TORCH_CHECK(!training || plan->shape.samples * plan->pixels() > 1, "training needs more than one value a channel for a variance");
  requireFloat("the depthwise weight", depthwise, {middle, 1, plan->shape.kernel, plan->shape.kernel});
  requireFloat("the projecting weight", project, {plan->outChannels, middle, 1, 1});
  MaybeTensor wide = expand;
  if (stem) {
    requireFloat("the stem's weight", *expand, {middle, plan->inChannels, 3, 3});
    wide = expand->contiguous(at::MemoryFormat::ChannelsLast);
  } else if (expand) {
    requireFloat("the expanding weight", *expand, {middle, plan->inChannels, 1, 1});
    wide = expand->contiguous();
  }
  TORCH_CHECK(gate.size() == 4, "the gate is two weights with a bias behind each");
  if (expand) plan->norm1 = normLayer(norm1, momenta[0], eps, middle, "norm 1");
  plan->norm2 = normLayer(norm2, momenta[1], eps, middle, "norm 2");
  plan->norm3 = normLayer(norm3, momenta[2], eps, plan->outChannels, "norm 3");
  if (branchScale) requireFloat("the branch scale", *branchScale, {plan->shape.samples});
  return MBConv::apply(x, wide, maybe(norm1, 0), maybe(norm1, 1), depthwise.contiguous(), norm2[0], norm2[1],
                       gate[0], gate[1], gate[2], gate[3], project.contiguous(), norm3[0], norm3[1], branchScale, plan);
}

TORCH_LIBRARY_FRAGMENT(phenoprint, library) {
  library.def(
      "mbconv(Tensor x, Tensor? expand, Tensor[] norm1, Tensor depthwise, Tensor[] norm2, Tensor[] gate, Tensor project, "
      "Tensor[] norm3, Tensor? branch_scale, int stride, bool same_padding, str activation, bool residual, bool training, "
      "float[] momenta, float eps) -> Tensor",
      mbconv);
}

}  // namespace
}  // namespace phenoprint::fused
