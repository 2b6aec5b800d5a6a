#include "norm.h"

#include <algorithm>
#include <cmath>

namespace phenoprint::fused {
namespace {

at::Tensor perChannel(const at::Tensor& like) { return at::zeros({kernels::padded(like.numel())}, like.options()); }

NormState emptyState(const NormLayer& layer) {
  return {perChannel(layer.weight), perChannel(layer.weight), perChannel(layer.weight), perChannel(layer.weight)};
}

void setChannel(NormState& state, const NormLayer& layer, int64_t c, double mean, double variance) {
  const double inverse = 1 / std::sqrt(variance + layer.eps);
  const double scale = layer.weight.const_data_ptr<float>()[c] * inverse;
  state.mean.data_ptr<float>()[c] = static_cast<float>(mean);
  state.inverse.data_ptr<float>()[c] = static_cast<float>(inverse);
  state.scale.data_ptr<float>()[c] = static_cast<float>(scale);
  state.shift.data_ptr<float>()[c] = static_cast<float>(layer.bias.const_data_ptr<float>()[c] - mean * scale);
}

}  // namespace

NormState normOfBatch(const NormLayer& layer, const Sums& sums, int64_t count) {
  NormState state = emptyState(layer);
  state.count = count;
  const double n = static_cast<double>(count), momentum = layer.momentum;
  float* runningMean = layer.runningMean.data_ptr<float>();
  float* runningVar = layer.runningVar.data_ptr<float>();
  for (int64_t c = 0; c < layer.weight.numel(); ++c) {
    const double mean = sums.first()[c] / n;
    const double variance = std::max(0.0, sums.second()[c] / n - mean * mean);
    setChannel(state, layer, c, mean, variance);
    runningMean[c] = static_cast<float>((1 - momentum) * runningMean[c] + momentum * mean);
    runningVar[c] = static_cast<float>((1 - momentum) * runningVar[c] + momentum * variance * n / (n - 1));
  }
  return state;
}

NormState normOfRunning(const NormLayer& layer) {
  NormState state = emptyState(layer);
  const float* mean = layer.runningMean.const_data_ptr<float>();
  const float* variance = layer.runningVar.const_data_ptr<float>();
  for (int64_t c = 0; c < layer.weight.numel(); ++c) setChannel(state, layer, c, mean[c], variance[c]);
  return state;
}

NormGradients normGradients(const NormState& state, const std::vector<double>& sum, const std::vector<double>& sumWithInput) {
  const auto channels = static_cast<int64_t>(sum.size());
  const auto options = state.mean.options();
  NormGradients result{at::empty({channels}, options), at::empty({channels}, options), at::zeros_like(state.mean),
                       at::zeros_like(state.mean), state.scale.const_data_ptr<float>()};
  const float* mean = state.mean.const_data_ptr<float>();
  const float* inverse = state.inverse.const_data_ptr<float>();
  for (int64_t c = 0; c < channels; ++c) {
    result.weight.data_ptr<float>()[c] = static_cast<float>(sumWithInput[c] * inverse[c]);
    result.bias.data_ptr<float>()[c] = static_cast<float>(sum[c]);
    if (state.count == 0) continue;
    const double n = static_cast<double>(state.count), scale = result.scale[c];
    const double input = -scale * inverse[c] * inverse[c] * sumWithInput[c] / n;
    result.input.data_ptr<float>()[c] = static_cast<float>(input);
    result.constant.data_ptr<float>()[c] = static_cast<float>(-scale * sum[c] / n - input * mean[c]);
  }
  return result;
}

}  // namespace phenoprint::fused
