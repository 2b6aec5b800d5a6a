#pragma once
#include <ATen/ATen.h>

#include <optional>
#include <string>

#include "../kernels/shapes.h"
#include "norm.h"

// Tensors as the kernels want them.
namespace phenoprint::fused {

/** bfloat16 inside a region of bfloat16 autocast on the CPU, or else float. */
kernels::Element elementOfRegion();

at::ScalarType dtypeOf(kernels::Element element);

kernels::Activation activationOf(const std::string& name);

/** Images `[sample, channel, y, x]` of this element, channels-last. Recorded for autograd. */
at::Tensor images(const at::Tensor& x, kernels::Element element);

/** Throws unless it is a float tensor on the CPU of this shape. */
void requireFloat(const char* what, const at::Tensor& tensor, at::IntArrayRef shape);

/** A norm from its weight, bias, running mean and running variance; throws unless they are `[channel]`. */
NormLayer normLayer(const std::vector<at::Tensor>& tensors, double momentum, double eps, int64_t channels, const char* name);

/** A weight matrix packed for the matrix product. */
at::Tensor packed(const kernels::KernelSet& set, kernels::Element element, const kernels::Matrix& matrix, int threads);

inline const uint32_t* panelsOf(const at::Tensor& packed) {
  return reinterpret_cast<const uint32_t*>(packed.const_data_ptr<int32_t>());
}

/** `[row, column]` floats with the columns padded by zeros. */
at::Tensor paddedColumns(const at::Tensor& matrix);

/** A depthwise weight `[channel, 1, ky, kx]` as `[tap, channel]`, padded. */
at::Tensor taps(const at::Tensor& weight);

inline const float* floats(const at::Tensor& tensor) { return tensor.defined() ? tensor.const_data_ptr<float>() : nullptr; }
inline void* bytes(const at::Tensor& tensor) { return tensor.defined() ? tensor.data_ptr() : nullptr; }

}  // namespace phenoprint::fused
