#pragma once
#include <string>
#include <vector>

#include "../kernels/shapes.h"

namespace phenoprint::fused {

/** The names of the builds that this processor can run, the fastest first; empty where there is none. */
std::vector<std::string> usableKernels();

/** The build in use: the fastest usable one, unless another was chosen. Throws where there is none. */
const kernels::KernelSet& kernelsInUse();

/** Takes the build of this name from now on, in the whole process. Throws unless it is usable. */
void chooseKernels(const std::string& name);

}  // namespace phenoprint::fused
