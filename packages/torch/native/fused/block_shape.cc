#include "block_shape.h"

#include <algorithm>

namespace phenoprint::fused {
namespace {

/** Output size and zeros before the first pixel of an axis. */
struct Axis {
  int64_t size, before;
};

Axis convolvedAxis(int64_t size, int64_t kernel, int64_t stride, bool same) {
  if (!same) return {(size + (kernel - 1) / 2 * 2 - kernel) / stride + 1, (kernel - 1) / 2};
  const int64_t outputs = (size + stride - 1) / stride;
  const int64_t missing = std::max<int64_t>(0, (outputs - 1) * stride + kernel - size);
  return {outputs, missing / 2};
}

}  // namespace

kernels::DepthwiseShape depthwiseShape(int64_t samples, int64_t height, int64_t width, const DepthwiseLayer& layer) {
  const auto& [channels, kernel, stride, same] = layer;
  const Axis y = convolvedAxis(height, kernel, stride, same), x = convolvedAxis(width, kernel, stride, same);
  return {samples, height, width, channels, y.size, x.size, kernel, stride, y.before, x.before};
}

kernels::StemImage stemImage(const at::Tensor& x, bool same) {
  const Axis rows = convolvedAxis(x.size(2), 3, 2, same), columns = convolvedAxis(x.size(3), 3, 2, same);
  return {x.const_data_ptr<float>(), x.size(2), x.size(3), x.size(1), rows.size, columns.size, rows.before, columns.before};
}

void requireBlock(int64_t inChannels, int64_t middle, int64_t outChannels, bool stem, int64_t kernel, int64_t stride) {
  TORCH_CHECK((kernel == 3 || kernel == 5) && (stride == 1 || stride == 2),
              "a fused block has a depthwise convolution of 3 x 3 or 5 x 5, stride 1 or 2");
  TORCH_CHECK(middle % 8 == 0 && outChannels % 8 == 0 && (stem || inChannels % 8 == 0),
              "a fused block has multiples of 8 channels, not ", inChannels, ", ", middle, " and ", outChannels);
}

}  // namespace phenoprint::fused
