#include "tile.h"

#include <algorithm>
#include <array>
#include <type_traits>
#include <vector>

namespace phenoprint {
namespace {

/// Side of the squares in which a transposed tile is read: their rows stay in the cache.
constexpr size_t block = 32;
/// Pixels whose sum of squares fits in 32 bits, at 255 each.
constexpr size_t exactRun = 32768;

/// What a channel's values become. Of bytes there are so few that all are computed beforehand.
template <typename Pixel>
struct Normalised {
  double centre, scale;
  float operator()(Pixel value) const { return float((double(value) - centre) * scale); }
};
template <>
struct Normalised<uint8_t> {
  std::array<float, 256> values;
  Normalised(double centre, double scale) {
    for (int value = 0; value < 256; value++) values[value] = float((value - centre) * scale);
  }
  float operator()(uint8_t value) const { return values[value]; }
};

/// With the number of channels known to the compiler, or 0 when it is not.
template <size_t known, typename Pixel>
void placeChannels(const Pixel* pixels, const TileShape& shape, const Turn& turn,
                   const std::vector<Normalised<Pixel>>& normalised, float* out) {
  const size_t channels = known == 0 ? shape.channels : known;
  const size_t plane = shape.height * shape.width;
  const bool transposed = turn.stepX != 1 && turn.stepX != -1;
  const size_t strip = transposed ? block : turn.columns;
  for (size_t left = 0; left < turn.columns; left += strip) {
    const size_t right = std::min(turn.columns, left + strip);
    for (size_t y = 0; y < turn.rows; y++) {
      const Pixel* from = pixels + turn.start + ptrdiff_t(y) * turn.stepY + ptrdiff_t(left) * turn.stepX;
      float* to = out + (y * turn.columns + left) * channels;
      for (size_t x = left; x < right; x++, from += turn.stepX, to += channels) {
        for (size_t c = 0; c < channels; c++) to[c] = normalised[c](from[c * plane]);
      }
    }
  }
}

}  // namespace

template <typename Pixel>
void sumTile(const Pixel* pixels, const TileShape& shape, double* sums, double* squares) {
  for (size_t c = 0; c < shape.channels; c++) {
    uint64_t sum = 0, square = 0;
    for (size_t y = 0; y < shape.filledHeight; y++) {
      const Pixel* row = pixels + (c * shape.height + y) * shape.width;
      if constexpr (std::is_same_v<Pixel, uint8_t>) {
        for (size_t first = 0; first < shape.filledWidth; first += exactRun) {
          const size_t end = std::min(shape.filledWidth, first + exactRun);
          uint32_t runSum = 0, runSquare = 0;
          for (size_t x = first; x < end; x++) {
            runSum += row[x];
            runSquare += uint32_t(row[x]) * row[x];
          }
          sum += runSum;
          square += runSquare;
        }
      } else {
        for (size_t x = 0; x < shape.filledWidth; x++) {
          sum += row[x];
          square += uint64_t(row[x]) * row[x];
        }
      }
    }
    sums[c] = double(sum);
    squares[c] = double(square);
  }
}

template <typename Pixel>
void placeTile(const Pixel* pixels, const TileShape& shape, const Turn& turn, const double* centre,
               const double* scale, float* out) {
  std::vector<Normalised<Pixel>> normalised;
  normalised.reserve(shape.channels);
  for (size_t c = 0; c < shape.channels; c++) normalised.push_back({centre[c], scale[c]});
  switch (shape.channels) {
    case 1: return placeChannels<1>(pixels, shape, turn, normalised, out);
    case 2: return placeChannels<2>(pixels, shape, turn, normalised, out);
    case 3: return placeChannels<3>(pixels, shape, turn, normalised, out);
    case 4: return placeChannels<4>(pixels, shape, turn, normalised, out);
    case 5: return placeChannels<5>(pixels, shape, turn, normalised, out);
    case 6: return placeChannels<6>(pixels, shape, turn, normalised, out);
    default: return placeChannels<0>(pixels, shape, turn, normalised, out);
  }
}

template void sumTile(const uint8_t*, const TileShape&, double*, double*);
template void sumTile(const uint16_t*, const TileShape&, double*, double*);
template void placeTile(const uint8_t*, const TileShape&, const Turn&, const double*, const double*, float*);
template void placeTile(const uint16_t*, const TileShape&, const Turn&, const double*, const double*, float*);

void countValues(std::span<const uint8_t> plane, uint32_t* counts) {
  // Neighbours are often equal: four tables spare the wait for the count just written.
  std::array<std::array<uint32_t, 256>, 4> parts{};
  size_t i = 0;
  for (; i + 4 <= plane.size(); i += 4) {
    for (size_t part = 0; part < 4; part++) parts[part][plane[i + part]]++;
  }
  for (; i < plane.size(); i++) parts[0][plane[i]]++;
  for (size_t value = 0; value < 256; value++)
    counts[value] += parts[0][value] + parts[1][value] + parts[2][value] + parts[3][value];
}

void countValues(std::span<const uint16_t> plane, uint32_t* counts) {
  for (uint16_t value : plane) counts[value]++;
}

}  // namespace phenoprint
