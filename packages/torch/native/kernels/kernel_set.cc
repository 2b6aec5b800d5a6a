// Compiled once for each instruction set, see CMakeLists.txt.
#include "depthwise_backward.h"
#include "expand_backward.h"
#include "folded_block.h"
#include "folded_head.h"
#include "norm_activation.h"
#include "narrow_backward.h"
#include "normalise.h"
#include "project_backward.h"
#include "widened_backward.h"

#define PHENOPRINT_TEXT_OF(x) #x
#define PHENOPRINT_TEXT(x) PHENOPRINT_TEXT_OF(x)

namespace phenoprint::kernels::PHENOPRINT_ISA {

extern const KernelSet kernelSet;
const KernelSet kernelSet{
    PHENOPRINT_TEXT(PHENOPRINT_ISA), packPanels, pointwiseForward, stemForward, projectForward, depthwiseForward, pool,
    normalise, normSums, projectBackward, depthwiseBackward, widenedBackward, narrowBackward, expandBackward, moments,
    normActivation, normActivationSums, normActivationBackward, foldedBlock, foldedHead,
};

}  // namespace phenoprint::kernels::PHENOPRINT_ISA
