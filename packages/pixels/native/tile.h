#pragma once
#include <cstddef>
#include <cstdint>

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

/// A number of 16 bits: the upper half of a float's, to which it was rounded.
struct Bfloat16 {
  uint16_t bits = 0;
  Bfloat16() = default;
  /// To the nearest, ties to even, as libtorch does; not a number becomes the quiet one.
  explicit Bfloat16(float value);
};

/// Turns a tile without padding, normalises it, `(value - centre) * scale`, and writes it channels-last.
///
/// @tparam Pixel uint8_t or uint16_t.
/// @tparam Out float or Bfloat16.
template <typename Pixel, typename Out>
void placeTile(const Pixel* pixels, const TileShape& shape, const Turn& turn, const double* centre,
               const double* scale, Out* out);

}  // namespace phenoprint
