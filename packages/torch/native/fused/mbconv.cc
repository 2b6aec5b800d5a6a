#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include <tuple>

#include "block_shape.h"
#include "kernel_choice.h"
#include "norm.h"
#include "operands.h"
#include "pass_times.h"
#include "squeeze_excite.h"

// A whole MBConv block as one operator. With W the expanding, D the depthwise, P the projecting
// convolution and a = act(norm1(z)), u = act(norm2(d)):
//   z = W x,  d = D a,  gate = squeeze-excite(mean of u),  p = P (u gate),  y = branch norm3(p) + x
// Only z, d and p are stored: a, u and u gate are computed where they are read, in cache. The backward
// pass reads and writes each of them once more:
//   (1) from y to d: norm 3, P, the sums for the gate and norm 2   (project_backward.h)
//   (2) from d to z: norm 2, D, norm 1's activation and sums       (depthwise_backward.h)
//   (3) from z to x: norm 1, W                                     (expand_backward.h)
// W may be the 3 x 3 stem of the network, or missing: then D reads x. Where x is narrow, z costs less to
// compute again than to store: then (2) goes from d to x (widened_backward.h), and (3) adds norm 1's own
// terms (narrow_backward.h).
namespace phenoprint::fused {
namespace {

using at::Tensor;
using kernels::Activation;
using kernels::DepthwiseShape;
using kernels::Element;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
using MaybeTensor = std::optional<Tensor>;

/** What D reads: x, or z by a convolution that is stored, computed where it is read, or the stem. */
enum class Source { input, stored, computed, stem };

/** Channels of x up to which z is computed again. */
constexpr int64_t kNarrowChannels = 48;

/** What a block is, besides its tensors. */
struct Plan : torch::CustomClassHolder {
  Element element;
  Activation activation;
  Source source;
  bool training, residual;
  int threads;
  const kernels::KernelSet* set;
  kernels::StemImage image;
  DepthwiseShape shape;
  int64_t inChannels, outChannels;
  NormLayer norm1, norm2, norm3;
  // What the forward pass leaves for the backward one, besides the saved tensors.
  NormState state1, state2, state3;
  Gate gate;

  int64_t middle() const { return shape.channels; }
  int64_t pixels() const { return shape.outHeight * shape.outWidth; }
};

Tensor emptyImages(const Plan& plan, int64_t samples, int64_t channels, int64_t height, int64_t width) {
  return at::empty({samples, channels, height, width}, at::dtype(dtypeOf(plan.element)), at::MemoryFormat::ChannelsLast);
}

/** The norm of what was just computed: by the batch's sums in training, or else by its running statistics. */
NormState normOf(const Plan& plan, const NormLayer& layer, const Sums& sums, int64_t count) {
  return plan.training ? normOfBatch(layer, sums, count) : normOfRunning(layer);
}

/** Weight `[out, in]` as the matrix from in to out. */
kernels::Matrix forwardMatrix(const Tensor& weight, int64_t in) { return {floats(weight), 1, in, in, weight.size(0)}; }

/** The same from out to in. */
kernels::Matrix backwardMatrix(const Tensor& weight, int64_t in) { return {floats(weight), in, 1, weight.size(0), in}; }

/** Weight W, packed from in to out. */
Tensor wideningPanels(const Plan& plan, const Tensor& weight) {
  return packed(*plan.set, plan.element, forwardMatrix(weight, weight[0].numel()), plan.threads);
}

/** z, or only its norm where it is computed again. */
Tensor expandForward(Plan& plan, const Tensor& x, const Tensor& weight, const Tensor& panels) {
  const PassTimer timer("expand forward");
  const DepthwiseShape& s = plan.shape;
  const kernels::KernelSet& set = *plan.set;
  Tensor z;
  if (plan.source != Source::computed) z = emptyImages(plan, s.samples, plan.middle(), s.height, s.width);
  Sums sums(plan.middle());
  const int64_t depth = weight[0].numel();
  if (plan.source == Source::stem) {
    set.stemForward({plan.element, plan.threads, s.samples, plan.middle(), plan.image, panelsOf(panels), bytes(z), sums.out()});
  } else {
    set.pointwiseForward({plan.element, plan.threads, s.samples * s.height * s.width, depth, plan.middle(), bytes(x),
                          panelsOf(panels), bytes(z), sums.out()});
  }
  plan.state1 = normOf(plan, plan.norm1, sums, s.samples * s.height * s.width);
  return z;
}

/** How D's input follows from `input`, which is x where z is computed, or else z. */
kernels::Widening wideningOf(const Plan& plan, const Tensor& input, const Tensor& panels) {
  const kernels::Affine norm = plan.source == Source::input ? kernels::Affine{} : plan.state1.affine();
  return {bytes(input), nullptr, input.size(1), plan.source == Source::computed ? panelsOf(panels) : nullptr, norm};
}

Tensor depthwiseForward(Plan& plan, const Tensor& input, const Tensor& panels, const Tensor& weight) {
  const PassTimer timer("depthwise forward");
  const DepthwiseShape& s = plan.shape;
  Tensor d = emptyImages(plan, s.samples, s.channels, s.outHeight, s.outWidth);
  Sums sums(s.channels);
  const Tensor tapped = taps(weight);
  plan.set->depthwiseForward({plan.element, plan.activation, plan.threads, s, wideningOf(plan, input, panels), floats(tapped),
                              bytes(d), sums.out()});
  plan.state2 = normOf(plan, plan.norm2, sums, s.samples * plan.pixels());
  return d;
}

Gate gateForward(const Plan& plan, const Tensor& d, const GateWeights& weights) {
  const PassTimer timer("pool and gate");
  const int64_t samples = plan.shape.samples, channels = plan.middle();
  Tensor pooled = at::empty({samples, kernels::padded(channels)}, at::kFloat);
  plan.set->pool({plan.element, plan.activation, plan.threads, samples, plan.pixels(), channels, bytes(d),
                  plan.state2.affine(), pooled.data_ptr<float>()});
  return gateOf(weights, pooled.narrow(1, 0, channels).div(static_cast<double>(plan.pixels())), plan.activation);
}

Tensor projectForward(Plan& plan, const Tensor& d, const Tensor& weight) {
  const PassTimer timer("project forward");
  const DepthwiseShape& s = plan.shape;
  Tensor p = emptyImages(plan, s.samples, plan.outChannels, s.outHeight, s.outWidth);
  Sums sums(plan.outChannels);
  const Tensor panels = packed(*plan.set, plan.element, forwardMatrix(weight, plan.middle()), plan.threads);
  const Tensor gate = paddedColumns(plan.gate.gate);
  plan.set->projectForward({plan.element, plan.activation, plan.threads, s.samples, plan.pixels(), plan.middle(),
                            plan.outChannels, bytes(d), plan.state2.affine(), floats(gate), panelsOf(panels), bytes(p), sums.out()});
  plan.state3 = normOf(plan, plan.norm3, sums, s.samples * plan.pixels());
  return p;
}

Tensor finishForward(const Plan& plan, const Tensor& p, const Tensor& x, const Tensor& branchScale) {
  const PassTimer timer("norm 3 forward");
  Tensor y = at::empty_like(p);
  plan.set->normalise({plan.element, Activation::identity, plan.threads, plan.shape.samples, plan.pixels(), plan.outChannels,
                       bytes(p), plan.state3.affine(), floats(branchScale), plan.residual ? bytes(x) : nullptr, bytes(y)});
  return y;
}

/** Step (1): gradients of P, norm 3, the gate; gives dq and, in `pooled`, the gradient behind the pool. */
struct ProjectGradients {
  Tensor weight, gated, pooled;
  NormGradients norm3, norm2;
  GateGradients gate;
};

ProjectGradients projectBackward(const Plan& plan, const Tensor& dy, const Tensor& d, const Tensor& p, const Tensor& weight,
                                 const GateWeights& gateWeights, const Tensor& branchScale) {
  const PassTimer timer("project backward");
  const DepthwiseShape& s = plan.shape;
  const int64_t channels = plan.middle(), wide = kernels::padded(channels);
  Sums normSums(plan.outChannels);
  plan.set->normSums({plan.element, Activation::identity, plan.threads, s.samples, plan.pixels(), plan.outChannels, bytes(dy),
                      nullptr, bytes(p), plan.state3.affine(), plan.state3.means(), floats(branchScale), normSums.out()});
  ProjectGradients result;
  result.norm3 = normGradients(plan.state3, normSums.first(), normSums.second());
  result.weight = at::empty(weight.sizes(), weight.options());
  result.gated = at::empty_like(d);
  const Tensor gate = paddedColumns(plan.gate.gate);
  const Tensor gateSums = at::zeros({s.samples, kernels::kGateSums, wide}, at::kFloat);
  const Tensor panels = packed(*plan.set, plan.element, backwardMatrix(weight, channels), plan.threads);
  plan.set->projectBackward({plan.element, plan.activation, plan.threads, s.samples, plan.pixels(), channels,
                             plan.outChannels, bytes(dy), bytes(p), result.norm3.undo(), floats(branchScale), bytes(d),
                             plan.state2.affine(), plan.state2.means(), floats(gate), panelsOf(panels), bytes(result.gated),
                             gateSums.data_ptr<float>(), result.weight.data_ptr<float>()});
  const Tensor sums = gateSums.narrow(2, 0, channels);
  result.gate = gateGradients(gateWeights, plan.gate, sums.select(1, 0), plan.activation);
  result.pooled = result.gate.pooled.div(static_cast<double>(plan.pixels()));
  // g = (dq gate + pooled) a': its sums over the batch, from those of each sample.
  const Tensor exactGate = plan.gate.gate.to(at::kDouble), exactPooled = result.pooled.to(at::kDouble);
  const auto total = [&](int64_t gated, int64_t plain) {
    const Tensor sum = (exactGate * sums.select(1, gated) + exactPooled * sums.select(1, plain)).sum(0).contiguous();
    return std::vector<double>(sum.const_data_ptr<double>(), sum.const_data_ptr<double>() + channels);
  };
  result.norm2 = normGradients(plan.state2, total(1, 2), total(3, 4));
  return result;
}

/** What step (2) shares: the gradient of d, and D. The tensors live as long as this. */
struct ConvolvedOperands {
  Tensor taps, gate, pooled, weightGradient;

  ConvolvedOperands(const Plan& plan, const ProjectGradients& behind, const Tensor& weight)
      : taps(fused::taps(weight)),
        gate(paddedColumns(plan.gate.gate)),
        pooled(paddedColumns(behind.pooled)),
        weightGradient(at::empty_like(taps)) {}

  kernels::ConvolvedBackward of(const Plan& plan, const ProjectGradients& behind, const Tensor& d) {
    return {plan.element,  plan.activation,      plan.threads, plan.shape,     bytes(behind.gated), bytes(d), plan.state2.affine(),
            behind.norm2.undo(), floats(gate), floats(pooled), floats(taps), weightGradient.data_ptr<float>()};
  }

  Tensor gradientLike(const Tensor& weight) const {
    return weightGradient.narrow(1, 0, weight.size(0)).t().reshape(weight.sizes());
  }
};

/** Step (2): gradients of D and norm 1; gives the gradient of D's input before norm 1. */
struct DepthwiseGradients {
  Tensor weight, input;
  NormGradients norm1;
};

DepthwiseGradients depthwiseBackward(const Plan& plan, const ProjectGradients& behind, const Tensor& d, const Tensor& input,
                                     const Tensor& weight) {
  const PassTimer timer("depthwise backward");
  const DepthwiseShape& s = plan.shape;
  const bool normed = plan.source != Source::input;
  DepthwiseGradients result;
  result.input = emptyImages(plan, s.samples, s.channels, s.height, s.width);
  Sums sums(s.channels);
  ConvolvedOperands operands(plan, behind, weight);
  plan.set->depthwiseBackward({operands.of(plan, behind, d), bytes(input), normed ? plan.state1.affine() : kernels::Affine{},
                               normed ? plan.state1.means() : nullptr, bytes(result.input), sums.out()});
  result.weight = operands.gradientLike(weight);
  if (normed) result.norm1 = normGradients(plan.state1, sums.first(), sums.second());
  return result;
}

/** Step (3): gradients of W and x. */
struct ExpandGradients {
  Tensor weight, input;
};

ExpandGradients expandBackward(const Plan& plan, const DepthwiseGradients& behind, const Tensor& z, const Tensor& x,
                               const Tensor& weight, const Tensor& dy) {
  const PassTimer timer("expand backward");
  const DepthwiseShape& s = plan.shape;
  const bool stem = plan.source == Source::stem;
  ExpandGradients result;
  result.weight = at::empty_like(weight, stem ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous);
  Tensor panels;
  if (!stem) {
    result.input = at::empty_like(x);
    panels = packed(*plan.set, plan.element, backwardMatrix(weight, plan.inChannels), plan.threads);
  }
  plan.set->expandBackward({plan.element, Activation::identity, plan.threads, s.samples, s.height * s.width, plan.inChannels,
                            plan.middle(), bytes(behind.input), nullptr, {}, bytes(z), behind.norm1.undo(),
                            stem ? nullptr : bytes(x), stem ? &plan.image : nullptr, stem ? nullptr : panelsOf(panels),
                            bytes(result.input), plan.residual ? bytes(dy) : nullptr, result.weight.data_ptr<float>()});
  return result;
}

/** Steps (2) and (3) where z is computed again. */
using WidenedGradients = std::tuple<DepthwiseGradients, ExpandGradients>;

/** Per-channel floats, without their padding, as doubles. */
Tensor exact(const Tensor& perChannel, int64_t channels) { return perChannel.narrow(0, 0, channels).to(at::kDouble); }

std::vector<double> valuesOf(const Tensor& doubles) {
  const Tensor flat = doubles.contiguous();
  return {flat.const_data_ptr<double>(), flat.const_data_ptr<double>() + flat.numel()};
}

/** Gradients as far as they need no sums over the batch: of x without norm 1's own terms, and g' x as `[in, channel]`. */
struct WidenedPass {
  Tensor partial, products, weight;
  std::vector<double> sums;
};

WidenedPass widenedBackward(const Plan& plan, const ProjectGradients& behind, const Tensor& d, const Tensor& x,
                            const Tensor& expand, const Tensor& weight) {
  const PassTimer timer("depthwise backward");
  const DepthwiseShape& s = plan.shape;
  WidenedPass result{at::empty({s.samples * s.height * s.width, plan.inChannels}, at::kFloat),
                     at::empty({plan.inChannels, s.channels}, at::kDouble), Tensor(), std::vector<double>(s.channels)};
  const Tensor panels = wideningPanels(plan, expand);
  const Tensor scaled = expand.reshape({s.channels, plan.inChannels}) * plan.state1.scale.narrow(0, 0, s.channels).unsqueeze(1);
  const Tensor scaledPanels = packed(*plan.set, plan.element, backwardMatrix(scaled, plan.inChannels), plan.threads);
  ConvolvedOperands operands(plan, behind, weight);
  plan.set->widenedBackward({operands.of(plan, behind, d), wideningOf(plan, x, panels), panelsOf(scaledPanels),
                             result.partial.data_ptr<float>(), result.products.data_ptr<double>(), result.sums.data()});
  result.weight = operands.gradientLike(weight);
  return result;
}

/**
 * The sums that norm 1 needs follow from the products: with z = W x and g' x,
 * sum of g (z - mean) = sum over k of W[c, k] (g' x)[k, c] - mean sum of g.
 */
WidenedGradients widenedGradients(const Plan& plan, const ProjectGradients& behind, const Tensor& d, const Tensor& x,
                                  const Tensor& expand, const Tensor& weight, const Tensor& dy) {
  const WidenedPass pass = widenedBackward(plan, behind, d, x, expand, weight);
  const PassTimer timer("expand backward");
  const DepthwiseShape& s = plan.shape;
  const int64_t in = plan.inChannels;
  const Tensor w = expand.reshape({s.channels, in}).to(dtypeOf(plan.element)).to(at::kDouble), wide = pass.products.t();
  const Tensor sums = at::from_blob(const_cast<double*>(pass.sums.data()), {s.channels}, at::kDouble);
  DepthwiseGradients depthwise{pass.weight, Tensor(), {}};
  ExpandGradients result;
  depthwise.norm1 =
      normGradients(plan.state1, pass.sums, valuesOf((w * wide).sum(1) - exact(plan.state1.mean, s.channels) * sums));
  const Tensor input = exact(depthwise.norm1.input, s.channels).unsqueeze(1);
  const Tensor constant = exact(depthwise.norm1.constant, s.channels);
  const Tensor mixing = w.t().mm(w * input).to(at::kFloat).contiguous();
  const Tensor shift = paddedColumns(w.t().mv(constant).to(at::kFloat).unsqueeze(0));
  const Tensor panels = packed(*plan.set, plan.element, {floats(mixing), in, 1, in, in}, plan.threads);
  const Tensor moments = at::empty({in, in}, at::kDouble), totals = at::empty({in}, at::kDouble);
  result.input = at::empty_like(x);
  plan.set->narrowBackward({plan.element, plan.threads, pass.partial.size(0), in, bytes(x), floats(pass.partial), panelsOf(panels),
                            floats(shift), plan.residual ? bytes(dy) : nullptr, bytes(result.input),
                            moments.data_ptr<double>(), totals.data_ptr<double>()});
  const Tensor scale = exact(plan.state1.scale, s.channels).unsqueeze(1);
  result.weight =
      (wide * scale + (w * input).mm(moments) + constant.outer(totals)).to(at::kFloat).reshape(expand.sizes());
  return {depthwise, result};
}

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
  const DepthwiseShape& s = plan.shape;
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
