#pragma once
#include <ATen/ATen.h>

#include "../kernels/shapes.h"

// The gate of squeeze-and-excitation, in float: h = W1 pooled + b1, gate = sigmoid(W2 act(h) + b2).
// Hu, Shen & Sun 2018, arXiv:1709.01507. Small matrices: libtorch's operators do.
namespace phenoprint::fused {

struct GateWeights {
  /** `[squeezed, channel, 1, 1]`, `[squeezed]`, `[channel, squeezed, 1, 1]`, `[channel]`. */
  at::Tensor reduce, reduceBias, expand, expandBias;
};

struct Gate {
  /** `[sample, channel]`, `[sample, squeezed]`, `[sample, channel]`. */
  at::Tensor pooled, hidden, gate;
};

struct GateGradients {
  at::Tensor reduce, reduceBias, expand, expandBias;
  /** Of the pooled means. */
  at::Tensor pooled;
};

Gate gateOf(const GateWeights& weights, const at::Tensor& pooled, kernels::Activation activation);

/** @param gradient of the gate, `[sample, channel]`. */
GateGradients gateGradients(const GateWeights& weights, const Gate& gate, const at::Tensor& gradient,
                            kernels::Activation activation);

}  // namespace phenoprint::fused
