#pragma once
#include <tuple>

#include "mbconv_plan.h"

// The steps of a block's backward pass, numbered as in mbconv_plan.h.
namespace phenoprint::fused {

/** Step (1): gradients of P, norm 3, the gate; gives dq and, in `pooled`, the gradient behind the pool. */
struct ProjectGradients {
  at::Tensor weight, gated, pooled;
  NormGradients norm3, norm2;
  GateGradients gate;
};

ProjectGradients projectBackward(const Plan& plan, const at::Tensor& dy, const at::Tensor& d, const at::Tensor& p,
                                 const at::Tensor& weight, const GateWeights& gateWeights, const at::Tensor& branchScale);

/** Step (2): gradients of D and norm 1; gives the gradient of D's input before norm 1. */
struct DepthwiseGradients {
  at::Tensor weight, input;
  NormGradients norm1;
};

DepthwiseGradients depthwiseBackward(const Plan& plan, const ProjectGradients& behind, const at::Tensor& d,
                                     const at::Tensor& input, const at::Tensor& weight);

/** Step (3): gradients of W and x. */
struct ExpandGradients {
  at::Tensor weight, input;
};

ExpandGradients expandBackward(const Plan& plan, const DepthwiseGradients& behind, const at::Tensor& z, const at::Tensor& x,
                               const at::Tensor& weight, const at::Tensor& dy);

/** Steps (2) and (3) where z is computed again. */
using WidenedGradients = std::tuple<DepthwiseGradients, ExpandGradients>;

WidenedGradients widenedGradients(const Plan& plan, const ProjectGradients& behind, const at::Tensor& d, const at::Tensor& x,
                                  const at::Tensor& expand, const at::Tensor& weight, const at::Tensor& dy);

}  // namespace phenoprint::fused
