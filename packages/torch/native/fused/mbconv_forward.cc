#include "mbconv_forward.h"

#include "pass_times.h"

namespace phenoprint::fused {

using at::Tensor;
using kernels::Activation;
using kernels::DepthwiseShape;

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

}  // namespace phenoprint::fused
