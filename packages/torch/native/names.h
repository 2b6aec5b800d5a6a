#pragma once
#include <c10/core/Layout.h>
#include <c10/core/MemoryFormat.h>
#include <c10/core/QScheme.h>
#include <c10/core/ScalarType.h>

#include <string>
#include <string_view>
#include <vector>

// The names that JavaScript uses for libtorch's enumerations.
namespace phenoprint {

/** PyTorch's own name: `float32`, `bfloat16`, `complex64`. */
std::string dtypeName(c10::ScalarType type);
/** Throws ArgumentError with every name known when there is no such dtype. */
c10::ScalarType dtypeOf(std::string_view name);
/** Every name that this libtorch has, in the order of its enumeration. */
std::vector<std::string> dtypeNames();

/** `contiguous`, `preserve`, `channelsLast`, `channelsLast3d`. */
c10::MemoryFormat memoryFormatOf(std::string_view name);
/** `strided`, `sparse` (or `sparseCoo`), `sparseCsr`, ... */
c10::Layout layoutOf(std::string_view name);
/** `perTensorAffine`, `perChannelAffine`, ... */
c10::QScheme quantisationOf(std::string_view name);

}  // namespace phenoprint
