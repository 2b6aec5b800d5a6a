#include "operands.h"

#include <ATen/autocast_mode.h>

namespace phenoprint::fused {

kernels::Element elementOfRegion() {
  const bool autocast = at::autocast::is_autocast_enabled(at::kCPU);
  if (!autocast || at::autocast::get_autocast_dtype(at::kCPU) != at::kBFloat16) return kernels::Element::float32;
  return kernels::Element::bfloat16;
}

at::ScalarType dtypeOf(kernels::Element element) {
  return element == kernels::Element::bfloat16 ? at::kBFloat16 : at::kFloat;
}

kernels::Activation activationOf(const std::string& name) {
  if (name == "identity") return kernels::Activation::identity;
  if (name == "silu") return kernels::Activation::silu;
  TORCH_CHECK(name == "mish", "no activation \"", name, "\": identity, silu or mish");
  return kernels::Activation::mish;
}

at::Tensor images(const at::Tensor& x, kernels::Element element) {
  TORCH_CHECK(x.dim() == 4 && x.device().is_cpu(), "fused operators take [batch, channel, y, x] on the CPU, not ", x.sizes(),
              " on ", x.device());
  return x.to(dtypeOf(element)).contiguous(at::MemoryFormat::ChannelsLast);
}

void requireFloat(const char* what, const at::Tensor& tensor, at::IntArrayRef shape) {
  TORCH_CHECK(tensor.scalar_type() == at::kFloat && tensor.device().is_cpu() && tensor.sizes() == shape, what,
              " must be float32 ", shape, " on the CPU, not ", tensor.scalar_type(), " ", tensor.sizes(), " on ", tensor.device());
}

NormLayer normLayer(const std::vector<at::Tensor>& tensors, double momentum, double eps, int64_t channels, const char* name) {
  TORCH_CHECK(tensors.size() == 4, name, " must be weight, bias, running mean and running variance");
  for (const at::Tensor& tensor : tensors) requireFloat(name, tensor, {channels});
  return {tensors[0], tensors[1], tensors[2], tensors[3], momentum, eps};
}

at::Tensor packed(const kernels::KernelSet& set, kernels::Element element, const kernels::Matrix& matrix, int threads) {
  constexpr int64_t kVector = 16;  // the last load of a panel may reach one vector further
  const auto words = static_cast<int64_t>(kernels::panelWords(element, matrix.rows, matrix.columns));
  at::Tensor panels = at::empty({words + kVector}, at::kInt);
  set.packPanels(element, matrix, threads, reinterpret_cast<uint32_t*>(panels.data_ptr<int32_t>()));
  return panels;
}

at::Tensor paddedColumns(const at::Tensor& matrix) {
  const int64_t columns = matrix.size(1);
  if (columns == kernels::padded(columns)) return matrix.contiguous();
  at::Tensor result = at::zeros({matrix.size(0), kernels::padded(columns)}, matrix.options());
  result.narrow(1, 0, columns).copy_(matrix);
  return result;
}

at::Tensor taps(const at::Tensor& weight) { return paddedColumns(weight.reshape({weight.size(0), -1}).t()); }

}  // namespace phenoprint::fused
