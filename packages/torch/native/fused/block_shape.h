#pragma once
#include <ATen/ATen.h>

#include "../kernels/shapes.h"

// Sizes of a block's convolutions.
namespace phenoprint::fused {

/** A depthwise convolution; `same` pads as TensorFlow does. */
struct DepthwiseLayer {
  int64_t channels, kernel, stride;
  bool same;
};

/** The convolution over images of height x width. */
kernels::DepthwiseShape depthwiseShape(int64_t samples, int64_t height, int64_t width, const DepthwiseLayer& layer);

/** The image that a stem reads, `[sample, channel, y, x]` floats, channels-last. */
kernels::StemImage stemImage(const at::Tensor& x, bool same);

/** Throws unless the block is one that fused operators can compute. */
void requireBlock(int64_t inChannels, int64_t middle, int64_t outChannels, bool stem, int64_t kernel, int64_t stride);

}  // namespace phenoprint::fused
