#pragma once
#include <torch/library.h>

#include "kernel_choice.h"
#include "norm.h"
#include "operands.h"
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

/** What D reads: x, or z by a convolution that is stored, computed where it is read, or the stem. */
enum class Source { input, stored, computed, stem };

/** Channels of x up to which z is computed again. */
inline constexpr int64_t kNarrowChannels = 48;

/** What a block is, besides its tensors. */
struct Plan : torch::CustomClassHolder {
  kernels::Element element;
  kernels::Activation activation;
  Source source;
  bool training, residual;
  int threads;
  const kernels::KernelSet* set;
  kernels::StemImage image;
  kernels::DepthwiseShape shape;
  int64_t inChannels, outChannels;
  NormLayer norm1, norm2, norm3;
  // What the forward pass leaves for the backward one, besides the saved tensors.
  NormState state1, state2, state3;
  Gate gate;

  int64_t middle() const { return shape.channels; }
  int64_t pixels() const { return shape.outHeight * shape.outWidth; }
};

inline at::Tensor emptyImages(const Plan& plan, int64_t samples, int64_t channels, int64_t height, int64_t width) {
  return at::empty({samples, channels, height, width}, at::dtype(dtypeOf(plan.element)), at::MemoryFormat::ChannelsLast);
}

/** The norm of what was just computed: by the batch's sums in training, or else by its running statistics. */
inline NormState normOf(const Plan& plan, const NormLayer& layer, const Sums& sums, int64_t count) {
  return plan.training ? normOfBatch(layer, sums, count) : normOfRunning(layer);
}

/** Weight `[out, in]` as the matrix from in to out. */
inline kernels::Matrix forwardMatrix(const at::Tensor& weight, int64_t in) { return {floats(weight), 1, in, in, weight.size(0)}; }

/** The same from out to in. */
inline kernels::Matrix backwardMatrix(const at::Tensor& weight, int64_t in) { return {floats(weight), in, 1, weight.size(0), in}; }

/** Weight W, packed from in to out. */
inline at::Tensor wideningPanels(const Plan& plan, const at::Tensor& weight) {
  return packed(*plan.set, plan.element, forwardMatrix(weight, weight[0].numel()), plan.threads);
}

/** How D's input follows from `input`, which is x where z is computed, or else z. */
inline kernels::Widening wideningOf(const Plan& plan, const at::Tensor& input, const at::Tensor& panels) {
  const kernels::Affine norm = plan.source == Source::input ? kernels::Affine{} : plan.state1.affine();
  return {bytes(input), nullptr, input.size(1), plan.source == Source::computed ? panelsOf(panels) : nullptr, norm};
}

}  // namespace phenoprint::fused
