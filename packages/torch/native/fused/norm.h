#pragma once
#include <ATen/ATen.h>

#include <vector>

#include "../kernels/shapes.h"

// Batch norm between fused kernels: the few numbers per channel, in double precision.
namespace phenoprint::fused {

/** A batch norm layer: float tensors of `[channel]`. */
struct NormLayer {
  at::Tensor weight, bias, runningMean, runningVar;
  double momentum, eps;
};

/** Two sums per channel, as kernels write them. */
class Sums {
 public:
  explicit Sums(int64_t channels) : first_(channels), second_(channels) {}
  kernels::ChannelSums out() { return {first_.data(), second_.data()}; }
  const std::vector<double>& first() const { return first_; }
  const std::vector<double>& second() const { return second_; }

 private:
  std::vector<double> first_, second_;
};

/** What a norm does to its input, per channel, padded; all float. */
struct NormState {
  at::Tensor mean, inverse, scale, shift;
  /** Values that the mean is of; 0 where it is a running one, which gets no gradient. */
  int64_t count = 0;

  kernels::Affine affine() const { return {scale.const_data_ptr<float>(), shift.const_data_ptr<float>()}; }
  const float* means() const { return mean.const_data_ptr<float>(); }
};

/**
 * The norm of a batch from the sums of its values and squares; moves the running statistics.
 *
 * mean = s / n, variance = q / n - mean^2; the running variance takes the unbiased one.
 */
NormState normOfBatch(const NormLayer& layer, const Sums& sums, int64_t count);

/** The norm by its running statistics. */
NormState normOfRunning(const NormLayer& layer);

/** The gradient of a norm's parameters, and how to undo it. */
struct NormGradients {
  at::Tensor weight, bias;
  at::Tensor input, constant;
  const float* scale;

  kernels::NormGradient undo() const { return {scale, input.const_data_ptr<float>(), constant.const_data_ptr<float>()}; }
};

/**
 * From the sums of g and of g (x - mean), g being the gradient behind the norm:
 * bias s0, weight s1 r, dx = k (g - s0 / n - (x - mean) r^2 s1 / n), with r = 1 / sqrt(variance + eps)
 * and k = weight r; by running statistics dx = k g. Ioffe & Szegedy 2015, arXiv:1502.03167.
 */
NormGradients normGradients(const NormState& state, const std::vector<double>& sum, const std::vector<double>& sumWithInput);

}  // namespace phenoprint::fused
