#include <ATen/Parallel.h>
#include <torch/library.h>

#include "block_shape.h"
#include "kernel_choice.h"
#include "operands.h"
#include "pass_times.h"

// Blocks and heads for inference: norms are folded into weights beforehand, and weights are packed once
// for one build of the kernels, whose name travels with them.
namespace phenoprint::fused {
namespace {

using at::Tensor;
using kernels::Element;

Element elementNamed(bool bfloat16) { return bfloat16 ? Element::bfloat16 : Element::float32; }

/** `[out, …]` float to panels of that build. */
Tensor packWeight(const Tensor& weight, const std::string& build, bool bfloat16) {
  TORCH_CHECK(weight.dim() >= 2 && weight.scalar_type() == at::kFloat && weight.device().is_cpu(),
              "a weight to pack is float32 [out, in, …] on the CPU, not ", weight.scalar_type(), " ", weight.sizes());
  const Tensor flat = (weight.dim() == 4 ? weight.permute({0, 2, 3, 1}) : weight).reshape({weight.size(0), -1}).contiguous();
  const int64_t in = flat.size(1);
  return packed(kernelsNamed(build), elementNamed(bfloat16), {floats(flat), 1, in, in, flat.size(0)}, at::get_num_threads());
}

Tensor packTaps(const Tensor& weight) {
  TORCH_CHECK(weight.dim() == 4 && weight.scalar_type() == at::kFloat, "a depthwise weight is float32 [channel, 1, y, x]");
  return taps(weight);
}

/** A copy of a float vector or matrix, its last axis padded. */
Tensor padColumns(const Tensor& values) {
  TORCH_CHECK(values.dim() <= 2 && values.scalar_type() == at::kFloat, "columns to pad are float32, at most a matrix");
  return paddedColumns(values.dim() == 2 ? values.clone() : values.unsqueeze(0).clone());
}

void requirePanels(const char* what, const Tensor& panels, Element element, int64_t rows, int64_t columns) {
  const auto words = static_cast<int64_t>(kernels::panelWords(element, rows, columns));
  TORCH_CHECK(panels.scalar_type() == at::kInt && panels.numel() >= words, what, " was not packed for ", rows, " x ", columns);
}

void requireColumns(const char* what, const Tensor& values, int64_t rows, int64_t columns) {
  requireFloat(what, values, {rows, kernels::padded(columns)});
}

/** What packWeight, packTaps and padColumns made of a block's tensors, in this order. */
struct FoldedTensors {
  const Tensor &depthwise, &depthwiseBias, &reduce, &reduceBias, &excite, &exciteBias, &project, &projectBias;
};

/**
 * @param expand panels and bias, or nothing.
 * @param rest depthwise taps and bias, reduce and bias, excite (transposed) and bias, project and bias.
 * @param channels middle, out and squeezed.
 */
Tensor foldedMBConv(const Tensor& input, const std::vector<Tensor>& expand, const std::vector<Tensor>& rest,
                    at::IntArrayRef channels, bool stem, int64_t kernel, int64_t stride, bool same,
                    const std::string& activation, bool residual, bool bfloat16, const std::string& build) {
  const PassTimer timer("folded block");
  TORCH_CHECK(rest.size() == 8 && (expand.empty() || expand.size() == 2) && channels.size() == 3, "a folded block has lost tensors");
  TORCH_CHECK(input.dim() == 4, "fused operators take [batch, channel, y, x], not ", input.sizes());
  TORCH_CHECK(!stem || !expand.empty(), "a stem has a weight");
  const int64_t middle = channels[0], out = channels[1], squeezed = channels[2];
  const Element element = elementNamed(bfloat16);
  const Tensor x = images(input, stem ? Element::float32 : element);
  const int64_t in = x.size(1);
  requireBlock(in, middle, out, stem, kernel, stride);
  TORCH_CHECK(!expand.empty() || in == middle, "the block takes ", middle, " channels, not ", in);
  TORCH_CHECK(!residual || in == out, "a residual needs as many channels behind a block as before it");

  const FoldedTensors t{rest[0], rest[1], rest[2], rest[3], rest[4], rest[5], rest[6], rest[7]};
  if (!expand.empty()) {
    requirePanels("the expanding weight", expand[0], element, stem ? 9 * in : in, middle);
    requireColumns("the expanding bias", expand[1], 1, middle);
  }
  requireColumns("the depthwise weight", t.depthwise, kernel * kernel, middle);
  requireColumns("the depthwise bias", t.depthwiseBias, 1, middle);
  requireColumns("the reducing weight", t.reduce, squeezed, middle);
  requireColumns("the reducing bias", t.reduceBias, 1, squeezed);
  requireColumns("the exciting weight", t.excite, squeezed, middle);
  requireColumns("the exciting bias", t.exciteBias, 1, middle);
  requirePanels("the projecting weight", t.project, element, middle, out);
  requireColumns("the projecting bias", t.projectBias, 1, out);

  kernels::StemImage image{};
  if (stem) image = stemImage(x, same);
  const kernels::DepthwiseShape shape = depthwiseShape(x.size(0), stem ? image.outHeight : x.size(2),
                                                       stem ? image.outWidth : x.size(3), {middle, kernel, stride, same});
  Tensor y = at::empty({x.size(0), out, shape.outHeight, shape.outWidth}, at::dtype(dtypeOf(element)), at::MemoryFormat::ChannelsLast);
  kernelsNamed(build).foldedBlock({element, activationOf(activation), at::get_num_threads(), shape, in, out, squeezed, bytes(x),
                                   stem ? &image : nullptr, expand.empty() ? nullptr : panelsOf(expand[0]),
                                   expand.empty() ? nullptr : floats(expand[1]), floats(t.depthwise), floats(t.depthwiseBias),
                                   floats(t.reduce), floats(t.reduceBias), floats(t.excite), floats(t.exciteBias),
                                   panelsOf(t.project), floats(t.projectBias), residual ? bytes(x) : nullptr, bytes(y)});
  return y;
}

Tensor foldedHead(const Tensor& input, const Tensor& panels, const Tensor& bias, int64_t channels, const std::string& activation,
                  bool bfloat16, const std::string& build) {
  const PassTimer timer("folded head");
  const Element element = elementNamed(bfloat16);
  const Tensor x = images(input, element);
  const int64_t in = x.size(1);
  TORCH_CHECK(in % 8 == 0 && channels % 8 == 0, "a fused head has multiples of 8 channels, not ", in, " and ", channels);
  requirePanels("the head's weight", panels, element, in, channels);
  requireColumns("the head's bias", bias, 1, channels);
  Tensor means = at::empty({x.size(0), kernels::padded(channels)}, at::kFloat);
  kernelsNamed(build).foldedHead({element, activationOf(activation), at::get_num_threads(), x.size(0), x.size(2) * x.size(3), in,
                                  channels, bytes(x), panelsOf(panels), floats(bias), means.data_ptr<float>()});
  return means.narrow(1, 0, channels);
}

TORCH_LIBRARY_FRAGMENT(phenoprint, library) {
  library.def("pack_weight(Tensor weight, str build, bool bfloat16) -> Tensor", packWeight);
  library.def("pack_taps(Tensor weight) -> Tensor", packTaps);
  library.def("pad_columns(Tensor values) -> Tensor", padColumns);
  library.def(
      "folded_mbconv(Tensor x, Tensor[] expand, Tensor[] rest, int[] channels, bool stem, int kernel, int stride, "
      "bool same_padding, str activation, bool residual, bool bfloat16, str build) -> Tensor",
      foldedMBConv);
  library.def(
      "folded_head(Tensor x, Tensor panels, Tensor bias, int channels, str activation, bool bfloat16, str build) -> Tensor",
      foldedHead);
}

}  // namespace
}  // namespace phenoprint::fused
