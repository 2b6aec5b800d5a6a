#pragma once
#include "../kernels/shapes.h"

namespace phenoprint::fused {

/** The build in use: the fastest usable one, unless another was chosen. Throws where there is none. */
const kernels::KernelSet& kernelsInUse();

}  // namespace phenoprint::fused
