#include "tile.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <type_traits>
#include <vector>

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

namespace phenoprint {
namespace {

/// Side of the squares in which a transposed tile is read: their rows stay in the cache.
constexpr size_t block = 32;

/// What a channel's values become. Of bytes there are so few that all are computed beforehand.
template <typename Pixel, typename Out>
struct Normalised {
  double centre, scale;
  Out operator()(Pixel value) const { return Out(float((double(value) - centre) * scale)); }
};
template <typename Out>
struct Normalised<uint8_t, Out> {
  std::array<Out, 256> values;
  Normalised(double centre, double scale) {
    for (int value = 0; value < 256; value++) values[value] = Out(float((value - centre) * scale));
  }
  Out operator()(uint8_t value) const { return values[value]; }
};

/// Writes values past the caches: a batch is larger than they are, and lines that are only written need
/// not be read first.
template <typename Out>
void stream(const Out* from, size_t count, Out* to) {
#if defined(__x86_64__)
  constexpr size_t lane = sizeof(__m128i) / sizeof(Out);
  const size_t before = std::min(count, (-reinterpret_cast<uintptr_t>(to) / sizeof(Out)) % lane);
  std::copy_n(from, before, to);
  size_t i = before;
  for (; i + lane <= count; i += lane)
    _mm_stream_si128(reinterpret_cast<__m128i*>(to + i), _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i)));
  std::copy(from + i, from + count, to + i);
#else
  std::copy_n(from, count, to);
#endif
}

/// Makes streamed values visible to other threads.
void endStream() {
#if defined(__x86_64__)
  _mm_sfence();
#endif
}

/// With the number of channels known to the compiler, or 0 when it is not.
template <size_t known, typename Pixel, typename Out>
void placeChannels(const Pixel* pixels, const TileShape& shape, const Turn& turn,
                   const std::vector<Normalised<Pixel, Out>>& normalised, Out* out) {
  const size_t channels = known == 0 ? shape.channels : known;
  const size_t plane = shape.height * shape.width;
  const bool transposed = turn.stepX != 1 && turn.stepX != -1;
  const size_t strip = transposed ? block : turn.columns;
  std::vector<Out> row(strip * channels);
  for (size_t left = 0; left < turn.columns; left += strip) {
    const size_t right = std::min(turn.columns, left + strip);
    for (size_t y = 0; y < turn.rows; y++) {
      const Pixel* from = pixels + turn.start + ptrdiff_t(y) * turn.stepY + ptrdiff_t(left) * turn.stepX;
      Out* to = row.data();
      for (size_t x = left; x < right; x++, from += turn.stepX, to += channels) {
        for (size_t c = 0; c < channels; c++) to[c] = normalised[c](from[c * plane]);
      }
      stream(row.data(), (right - left) * channels, out + (y * turn.columns + left) * channels);
    }
  }
  endStream();
}

}  // namespace

Bfloat16::Bfloat16(float value) {
  uint32_t whole;
  std::memcpy(&whole, &value, sizeof whole);
  bits = value != value ? 0x7fc0 : uint16_t((whole + 0x7fff + (whole >> 16 & 1)) >> 16);
}

template <typename Pixel, typename Out>
void placeTile(const Pixel* pixels, const TileShape& shape, const Turn& turn, const double* centre,
               const double* scale, Out* out) {
  std::vector<Normalised<Pixel, Out>> normalised;
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

template void placeTile(const uint8_t*, const TileShape&, const Turn&, const double*, const double*, float*);
template void placeTile(const uint8_t*, const TileShape&, const Turn&, const double*, const double*, Bfloat16*);
template void placeTile(const uint16_t*, const TileShape&, const Turn&, const double*, const double*, float*);
template void placeTile(const uint16_t*, const TileShape&, const Turn&, const double*, const double*, Bfloat16*);

}  // namespace phenoprint
