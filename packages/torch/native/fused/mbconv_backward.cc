#include "mbconv_backward.h"

#include "pass_times.h"

namespace phenoprint::fused {

using at::Tensor;
using kernels::Activation;
using kernels::DepthwiseShape;

namespace {

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

/** Per-channel floats, without their padding, as doubles. */
Tensor exact(const Tensor& perChannel, int64_t channels) { return perChannel.narrow(0, 0, channels).to(at::kDouble); }

std::vector<double> valuesOf(const Tensor& doubles) {
  const Tensor flat = doubles.contiguous();
  return {flat.const_data_ptr<double>(), flat.const_data_ptr<double>() + flat.numel()};
}

/**
 * Sums over the batch of g = (dq gate + pooled) a', per channel, from the sums of each sample without these factors:
 * `gated` those of dq a', `plain` those of a', `[sample, channel]` with any padding behind. One loop, for libtorch's
 * operators on such small matrices cost more than their sums.
 */
std::vector<double> batchTotal(const Tensor& gate, const Tensor& gated, const Tensor& pooled, const Tensor& plain) {
  const int64_t samples = gate.size(0), channels = gate.size(1);
  std::vector<double> total(channels);
  for (int64_t n = 0; n < samples; ++n) {
    const float *byGate = floats(gate) + n * gate.stride(0), *byPooled = floats(pooled) + n * pooled.stride(0);
    const float *ofGated = floats(gated) + n * gated.stride(0), *ofPlain = floats(plain) + n * plain.stride(0);
    for (int64_t c = 0; c < channels; ++c) {
      total[c] += static_cast<double>(byGate[c]) * ofGated[c] + static_cast<double>(byPooled[c]) * ofPlain[c];
    }
  }
  return total;
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

}  // namespace

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
  const auto total = [&](int64_t gated, int64_t plain) {
    return batchTotal(plan.gate.gate, gateSums.select(1, gated), result.pooled, gateSums.select(1, plain));
  };
  result.norm2 = normGradients(plan.state2, total(1, 2), total(3, 4));
  return result;
}

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

}  // namespace phenoprint::fused
