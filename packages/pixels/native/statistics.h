#pragma once
#include <cstdint>
#include <span>

#include "tile.h"

namespace phenoprint {

/// Sum and sum of squares of each channel, padding left out: `[channel]` each.
template <typename Pixel>
void sumTile(const Pixel* pixels, const TileShape& shape, double* sums, double* squares);

/// Adds up how often each value occurs: `[256]` or `[65536]`.
void countValues(std::span<const uint8_t> plane, uint32_t* counts);
void countValues(std::span<const uint16_t> plane, uint32_t* counts);

}  // namespace phenoprint
