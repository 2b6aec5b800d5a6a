#include "norm.h"

#include <algorithm>
#include <cmath>

namespace phenoprint::fused {
namespace {

at::Tensor perChannel(const at::Tensor& like) { return at::zeros({kernels::padded(like.numel())}, like.options()); }

NormState emptyState(const NormLayer& layer) {
  return {perChannel(layer.weight), perChannel(layer.weight), perChannel(layer.weight), perChannel(layer.weight)};
}

/** The arrays of a state, to be written channel by channel. */
struct Channels {
  float *mean, *inverse, *scale, *shift;
  const float *weight, *bias;
  double eps;

  Channels(NormState& state, const NormLayer& layer)
      : mean(state.mean.data_ptr<float>()),
        inverse(state.inverse.data_ptr<float>()),
        scale(state.scale.data_ptr<float>()),
        shift(state.shift.data_ptr<float>()),
        weight(layer.weight.const_data_ptr<float>()),
        bias(layer.bias.const_data_ptr<float>()),
        eps(layer.eps) {}

  void set(int64_t c, double average, double variance) {
    const double reciprocal = 1 / std::sqrt(variance + eps), factor = weight[c] * reciprocal;
    mean[c] = static_cast<float>(average);
    inverse[c] = static_cast<float>(reciprocal);
    scale[c] = static_cast<float>(factor);
    shift[c] = static_cast<float>(bias[c] - average * factor);
  }
};

}  // namespace

NormState normOfBatch(const NormLayer& layer, const Sums& sums, int64_t count) {
  NormState state = emptyState(layer);
  state.count = count;
  const double n = static_cast<double>(count), momentum = layer.momentum;
  float* runningMean = layer.runningMean.data_ptr<float>();
  float* runningVar = layer.runningVar.data_ptr<float>();
  const int64_t channels = layer.weight.numel();
  Channels values(state, layer);
  for (int64_t c = 0; c < channels; ++c) {
    const double mean = sums.first()[c] / n;
    const double variance = std::max(0.0, sums.second()[c] / n - mean * mean);
    values.set(c, mean, variance);
    runningMean[c] = static_cast<float>((1 - momentum) * runningMean[c] + momentum * mean);
    runningVar[c] = static_cast<float>((1 - momentum) * runningVar[c] + momentum * variance * n / (n - 1));
  }
  return state;
}

NormState normOfRunning(const NormLayer& layer) {
  NormState state = emptyState(layer);
  const float* mean = layer.runningMean.const_data_ptr<float>();
  const float* variance = layer.runningVar.const_data_ptr<float>();
  const int64_t channels = layer.weight.numel();
  Channels values(state, layer);
  for (int64_t c = 0; c < channels; ++c) values.set(c, mean[c], variance[c]);
  return state;
}

NormGradients normGradients(const NormState& state, const std::vector<double>& sum, const std::vector<double>& sumWithInput) {
  const auto channels = static_cast<int64_t>(sum.size());
  const auto options = state.mean.options();
  NormGradients result{at::empty({channels}, options), at::empty({channels}, options), at::zeros_like(state.mean),
                       at::zeros_like(state.mean), state.scale.const_data_ptr<float>()};
  const float* mean = state.mean.const_data_ptr<float>();
  const float* inverse = state.inverse.const_data_ptr<float>();
  float* weight = result.weight.data_ptr<float>();
  float* bias = result.bias.data_ptr<float>();
  float* inputs = result.input.data_ptr<float>();
  float* constants = result.constant.data_ptr<float>();
  for (int64_t c = 0; c < channels; ++c) {
    weight[c] = static_cast<float>(sumWithInput[c] * inverse[c]);
    bias[c] = static_cast<float>(sum[c]);
    if (state.count == 0) continue;
    const double n = static_cast<double>(state.count), scale = result.scale[c];
    const double input = -scale * inverse[c] * inverse[c] * sumWithInput[c] / n;
    inputs[c] = static_cast<float>(input);
    constants[c] = static_cast<float>(-scale * sum[c] / n - input * mean[c]);
  }
  return result;
}

}  // namespace phenoprint::fused
