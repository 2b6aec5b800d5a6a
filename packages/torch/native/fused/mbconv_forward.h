#pragma once
#include "mbconv_plan.h"

// The steps of a block's forward pass. Each leaves in the plan the norm of what it gives.
namespace phenoprint::fused {

/** z, or only its norm where z is computed again. @param panels W, see wideningPanels. */
at::Tensor expandForward(Plan& plan, const at::Tensor& x, const at::Tensor& weight, const at::Tensor& panels);

/** d. @param input x where z is computed again, or else z. */
at::Tensor depthwiseForward(Plan& plan, const at::Tensor& input, const at::Tensor& panels, const at::Tensor& weight);

Gate gateForward(const Plan& plan, const at::Tensor& d, const GateWeights& weights);

/** p. */
at::Tensor projectForward(Plan& plan, const at::Tensor& d, const at::Tensor& weight);

/** y. @param branchScale `[sample]`, or undefined. */
at::Tensor finishForward(const Plan& plan, const at::Tensor& p, const at::Tensor& x, const at::Tensor& branchScale);

}  // namespace phenoprint::fused
