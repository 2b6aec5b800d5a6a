#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace phenoprint {

/// A tile `[channel, y, x]`, of which what lies past `filled` is padding.
struct TileShape {
  size_t channels, height, width, filledHeight, filledWidth;
};

/// How the pixels of a turned tile are found: (y, x) lies at `start + y * stepY + x * stepX` of a plane.
struct Turn {
  size_t rows, columns;
  ptrdiff_t start, stepY, stepX;
};

/// Sum and sum of squares of each channel, padding left out: `[channel]` each.
template <typename Pixel>
void sumTile(const Pixel* pixels, const TileShape& shape, double* sums, double* squares);

/// Turns a tile without padding, normalises it, `(value - centre) * scale`, and writes it channels-last.
template <typename Pixel>
void placeTile(const Pixel* pixels, const TileShape& shape, const Turn& turn, const double* centre,
               const double* scale, float* out);

/// Adds up how often each value occurs: `[256]` or `[65536]`.
void countValues(std::span<const uint8_t> plane, uint32_t* counts);
void countValues(std::span<const uint16_t> plane, uint32_t* counts);

}  // namespace phenoprint
