#pragma once
#include <string>

#include "../kernels/shapes.h"

namespace phenoprint::fused {

/** The build in use: the fastest usable one, unless another was chosen. Throws where there is none. */
const kernels::KernelSet& kernelsInUse();

/** The build of this name. Throws where the processor cannot run it. */
const kernels::KernelSet& kernelsNamed(const std::string& name);

}  // namespace phenoprint::fused
