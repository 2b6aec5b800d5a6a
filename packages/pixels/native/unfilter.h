#pragma once
#include <cstddef>
#include <cstdint>

namespace phenoprint {

/// Undoes the row filters of a PNG (ISO/IEC 15948, 9.2).
///
/// @param rows what inflate gave: before each row one byte that names its filter.
/// @param rowBytes of a row, without that byte.
/// @param pixelBytes distance to the pixel on the left: 1, 2, 3, 4, 6 or 8.
/// @param out `[height, rowBytes]`
/// @returns false when a row names a filter that there is not.
bool unfilter(const uint8_t* rows, size_t rowBytes, size_t height, size_t pixelBytes, uint8_t* out);

}  // namespace phenoprint
