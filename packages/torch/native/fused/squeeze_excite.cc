#include "squeeze_excite.h"

namespace phenoprint::fused {
namespace {

at::Tensor asMatrix(const at::Tensor& weight) { return weight.reshape({weight.size(0), weight.size(1)}); }

at::Tensor activated(const at::Tensor& x, kernels::Activation activation) {
  return activation == kernels::Activation::mish ? at::mish(x) : at::silu(x);
}

at::Tensor activationGradient(const at::Tensor& gradient, const at::Tensor& x, kernels::Activation activation) {
  return activation == kernels::Activation::mish ? at::mish_backward(gradient, x) : at::silu_backward(gradient, x);
}

}  // namespace

Gate gateOf(const GateWeights& weights, const at::Tensor& pooled, kernels::Activation activation) {
  const at::Tensor hidden = at::addmm(weights.reduceBias, pooled, asMatrix(weights.reduce).t());
  const at::Tensor logits = at::addmm(weights.expandBias, activated(hidden, activation), asMatrix(weights.expand).t());
  return {pooled, hidden, logits.sigmoid()};
}

GateGradients gateGradients(const GateWeights& weights, const Gate& gate, const at::Tensor& gradient,
                            kernels::Activation activation) {
  const at::Tensor logits = at::sigmoid_backward(gradient, gate.gate);
  const at::Tensor hidden = activationGradient(at::mm(logits, asMatrix(weights.expand)), gate.hidden, activation);
  return {at::mm(hidden.t(), gate.pooled).view_as(weights.reduce),
          hidden.sum(0),
          at::mm(logits.t(), activated(gate.hidden, activation)).view_as(weights.expand),
          logits.sum(0),
          at::mm(hidden, asMatrix(weights.reduce))};
}

}  // namespace phenoprint::fused
