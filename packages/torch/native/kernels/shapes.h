#pragma once
#include <cstddef>
#include <cstdint>

#include "element.h"

// What the kernels are given: plain pointers and sizes. Images are channels-last, `[sample, y, x, channel]`,
// so that a row is one pixel with all its channels. Arrays "per channel" are floats padded with zeros to
// a multiple of kChannelPadding.
namespace phenoprint::kernels {

enum class Element { float32, bfloat16 };
enum class Activation { identity, silu, mish, relu };

/** Per-channel arrays end on a whole vector of any instruction set. */
inline constexpr int64_t kChannelPadding = 16;
static inline int64_t padded(int64_t channels) { return (channels + kChannelPadding - 1) / kChannelPadding * kChannelPadding; }

/** Batch norm as it is applied: `scale x + shift`, per channel. */
struct Affine {
  const float* scale = nullptr;
  const float* shift = nullptr;
};

/** Batch norm as it is undone: dx = scale g + input x + constant, with g the gradient of what it gave. */
struct NormGradient {
  const float* scale = nullptr;
  const float* input = nullptr;
  const float* constant = nullptr;
};

/** Sums per channel: of values and of their squares, or of gradients and of gradients times inputs. */
struct ChannelSums {
  double* first = nullptr;
  double* second = nullptr;
};

/** A weight matrix `[reduction, output]` read through strides, in floats. */
struct Matrix {
  const float* data;
  int64_t rowStride, columnStride;
  int64_t rows, columns;
};

/** An image that a convolution of 3 x 3 with stride 2 reads; always float. */
struct StemImage {
  const float* data;
  int64_t height, width, channels;
  int64_t outHeight, outWidth;
  int64_t padTop, padLeft;
};

/** output = input times weights, and the sums of the output; stored where there is a place for it. */
struct PointwiseForward {
  Element element;
  int threads;
  int64_t rows, inChannels, outChannels;
  const void* input;
  const uint32_t* panels;
  void* output;
  ChannelSums sums;
};

/** The same, where row i of the input is the patch that output pixel i of the stem sees. */
struct StemForward {
  Element element;
  int threads;
  int64_t samples, outChannels;
  StemImage image;
  const uint32_t* panels;
  void* output;
  ChannelSums sums;
};

/** The same, where the input is act(norm(x)) times the gate of its sample and channel. */
struct ProjectForward {
  Element element;
  Activation activation;
  int threads;
  int64_t samples, pixels, inChannels, outChannels;
  const void* input;
  Affine norm;
  /** `[sample, channel]`, padded. */
  const float* gate;
  const uint32_t* panels;
  void* output;
  ChannelSums sums;
};

struct DepthwiseShape {
  int64_t samples, height, width, channels, outHeight, outWidth;
  int64_t kernel, stride, padTop, padLeft;
};

/** What a depthwise convolution reads: act(norm(W x)), some rows at a time. */
struct Widening {
  /** x. */
  const void* input;
  /** In place of it: x is the patch that a pixel of the stem sees. */
  const StemImage* image;
  int64_t inChannels;
  /** W; where it is null, x is as wide as the convolution. */
  const uint32_t* panels;
  /** No norm and no activation where both are null; a scale that is null is 1. */
  Affine norm;
};

/** output = depthwise convolution of act(norm(W x)). */
struct DepthwiseForward {
  Element element;
  Activation activation;
  int threads;
  DepthwiseShape shape;
  Widening widening;
  /** `[tap, channel]`, padded. */
  const float* weights;
  void* output;
  ChannelSums sums;
};

/**
 * The gradient of a depthwise convolution's output d, from that of the gated activation behind it:
 * g = (gradient gate + pooledGradient) act'(norm2(d)), and from it norm2 undone.
 */
struct ConvolvedBackward {
  Element element;
  Activation activation;
  int threads;
  DepthwiseShape shape;
  const void* gradient;
  const void* convolved;
  Affine convolvedNorm;
  NormGradient convolvedGradient;
  /** `[sample, channel]`, padded, both. */
  const float* gate;
  const float* pooledGradient;
  /** `[tap, channel]`, padded, both. */
  const float* weights;
  float* weightGradient;
};

/**
 * From there to the convolution's input z: the transposed convolution times act'(norm1(z)), and the sums
 * that undoing norm1 needs. See depthwise_backward.h.
 */
struct DepthwiseBackward : ConvolvedBackward {
  const void* input;
  Affine norm;
  const float* mean;
  void* inputGradient;
  ChannelSums sums;
};

/** And through W as well, where z = W x is computed again: see widened_backward.h. */
struct WidenedBackward : ConvolvedBackward {
  Widening widening;
  /** Of the transposed W, each wide channel times the norm's scale. */
  const uint32_t* panels;
  /** `[row, in]`, without the norm's own terms. */
  float* inputGradient;
  /** g' x, `[in, channel]`, with g the gradient behind the norm. */
  double* products;
  /** Of g. */
  double* sums;
};

/** Adds the terms of a norm between x and what it was widened to: see narrow_backward.h. */
struct NarrowBackward {
  Element element;
  int threads;
  int64_t rows, channels;
  const void* input;
  /** `[row, channel]`. */
  const float* partial;
  /** `[channel, channel]`. */
  const uint32_t* panels;
  /** Per channel. */
  const float* constant;
  /** Or null. */
  const void* residual;
  void* inputGradient;
  /** x' x, `[channel, channel]`. */
  double* products;
  /** Of x. */
  double* sums;
};

/** Sums over the pixels of a sample: of act(norm(x)). */
struct Pool {
  Element element;
  Activation activation;
  int threads;
  int64_t samples, pixels, channels;
  const void* input;
  Affine norm;
  /** `[sample, channel]`, padded. */
  float* sums;
};

/** The five sums per sample and channel that undoing the gate and norm2 needs, see project_backward.h. */
inline constexpr int kGateSums = 5;

/** Gradients of a projection and of what it read: see project_backward.h. */
struct ProjectBackward {
  Element element;
  Activation activation;
  int threads;
  int64_t samples, pixels, inChannels, outChannels;
  const void* gradient;
  const void* projected;
  NormGradient projectedGradient;
  /** Factor on the gradient of each sample, or null. */
  const float* branchScale;
  const void* convolved;
  Affine convolvedNorm;
  const float* convolvedMean;
  const float* gate;
  const uint32_t* panels;
  void* gatedGradient;
  /** `[sample, kGateSums, channel]`, padded; zeros at the start. */
  float* gateSums;
  /** `[out, in]`, not padded. */
  float* weightGradient;
};

/** Gradients of a pointwise convolution behind which a norm is undone: see expand_backward.h. */
struct ExpandBackward {
  Element element;
  Activation activation;
  int threads;
  int64_t samples, pixels, inChannels, outChannels;
  /** `[row, out]`; null where the gradient comes from a pool: then `pooledGradient` and `norm` are there. */
  const void* gradient;
  /** `[sample, out]`, padded. */
  const float* pooledGradient;
  Affine norm;
  const void* expanded;
  NormGradient expandedGradient;
  const void* input;
  /** In place of `input`. */
  const StemImage* image;
  const uint32_t* panels;
  /** Null where nobody asks for it. */
  void* inputGradient;
  /** Added to the input's gradient, or null. */
  const void* residual;
  /** `[out, in]`, not padded. */
  float* weightGradient;
};

/** Batch norm, activation, factor and residual, row by row. */
struct Normalise {
  Element element;
  Activation activation;
  int threads;
  int64_t samples, pixels, channels;
  const void* input;
  Affine norm;
  const float* branchScale;
  const void* residual;
  void* output;
};

/** Sums of g and of g (x - mean), g = gradient act'(norm(x)) times the factor of its sample. */
struct NormSums {
  Element element;
  Activation activation;
  int threads;
  int64_t samples, pixels, channels;
  /** `[row, channel]`; null where the gradient comes from a pool. */
  const void* gradient;
  /** `[sample, channel]`, padded. */
  const float* pooledGradient;
  const void* input;
  Affine norm;
  const float* mean;
  const float* branchScale;
  ChannelSums sums;
};

/** Sums of values and of their squares. */
struct Moments {
  Element element;
  int threads;
  int64_t rows, channels;
  const void* input;
  ChannelSums sums;
};

/** act(norm(input) + residual), row by row, and its gradients: see norm_activation.h. */
struct NormActivation {
  Element element;
  Activation activation;
  int threads;
  int64_t rows, channels;
  const void* input;
  Affine norm;
  /** Or null. */
  const void* residual;
};

struct NormActivationSums {
  NormActivation forward;
  const void* gradient;
  const float* mean;
  ChannelSums sums;
};

struct NormActivationBackward {
  NormActivation forward;
  const void* gradient;
  NormGradient normGradient;
  void* inputGradient;
  /** Null where nobody asks for it. */
  void* residualGradient;
};

/**
 * A block for inference: norms are folded into weights and biases, which are padded. See folded_block.h.
 */
struct FoldedBlock {
  Element element;
  Activation activation;
  int threads;
  DepthwiseShape shape;
  int64_t inChannels, outChannels, squeezed;
  const void* input;
  /** In place of `input`. */
  const StemImage* image;
  /** Panels; null where the depthwise convolution reads the input itself. */
  const uint32_t* expand;
  const float* expandBias;
  /** `[tap, channel]`. */
  const float* depthwise;
  const float* depthwiseBias;
  /** `[squeezed, channel]` both. */
  const float* reduce;
  const float* reduceBias;
  const float* excite;
  const float* exciteBias;
  const uint32_t* project;
  const float* projectBias;
  /** Added to the output, or null. */
  const void* residual;
  void* output;
};

/** mean over the pixels of a sample of act(W x + b). */
struct FoldedHead {
  Element element;
  Activation activation;
  int threads;
  int64_t samples, pixels, inChannels, outChannels;
  const void* input;
  const uint32_t* panels;
  const float* bias;
  /** `[sample, channel]`, padded. */
  float* means;
};

/** The kernels of one instruction set. */
struct KernelSet {
  const char* name;
  void (*packPanels)(Element, const Matrix&, int threads, uint32_t* panels);
  void (*pointwiseForward)(const PointwiseForward&);
  void (*stemForward)(const StemForward&);
  void (*projectForward)(const ProjectForward&);
  void (*depthwiseForward)(const DepthwiseForward&);
  void (*pool)(const Pool&);
  void (*normalise)(const Normalise&);
  void (*normSums)(const NormSums&);
  void (*projectBackward)(const ProjectBackward&);
  void (*depthwiseBackward)(const DepthwiseBackward&);
  void (*widenedBackward)(const WidenedBackward&);
  void (*narrowBackward)(const NarrowBackward&);
  void (*expandBackward)(const ExpandBackward&);
  void (*moments)(const Moments&);
  void (*normActivation)(const NormActivation&, void* output);
  void (*normActivationSums)(const NormActivationSums&);
  void (*normActivationBackward)(const NormActivationBackward&);
  void (*foldedBlock)(const FoldedBlock&);
  void (*foldedHead)(const FoldedHead&);
};

/** Where the parts of floats that were split (see split.h) lie along the reduction, in words of two bfloat16. */
struct SplitDepth {
  /** Words of each part that fill tiles, and behind them. */
  int64_t whole, rest;
  /** Of three parts, then of six terms, with zeros up to a whole tile. */
  int64_t words;
};

static inline SplitDepth splitDepth(int64_t depth) {
  const int64_t whole = depth / 32 * 16, rest = (depth + 1) / 2 - whole;
  return {whole, rest, 3 * whole + (6 * rest + 15) / 16 * 16};
}

/** Words that packPanels writes for a matrix at most: whole vectors of columns, and pairs of rows for bfloat16. */
static inline size_t panelWords(Element element, int64_t rows, int64_t columns) {
  const int64_t words = element == Element::float32 ? splitDepth(rows).words : (rows + 1) / 2;
  return static_cast<size_t>(words * padded(columns));
}

}  // namespace phenoprint::kernels
