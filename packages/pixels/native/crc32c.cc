#include "crc32c.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace phenoprint {
namespace {

constexpr std::array<uint32_t, 256> makeTable() {
  std::array<uint32_t, 256> table{};
  for (uint32_t byte = 0; byte < 256; byte++) {
    uint32_t value = byte;
    for (int bit = 0; bit < 8; bit++) value = value & 1 ? value >> 1 ^ 0x82f63b78u : value >> 1;
    table[byte] = value;
  }
  return table;
}
constexpr auto table = makeTable();

uint32_t byTable(uint32_t crc, const uint8_t* bytes, size_t length) {
  for (size_t i = 0; i < length; i++) crc = crc >> 8 ^ table[(crc ^ bytes[i]) & 255];
  return crc;
}

#if defined(__x86_64__)
/// An instruction takes three cycles and another may start in each: so three stripes go side by side.
constexpr size_t stripe = 2048, stripes = 3;

/// What so many zero bytes make of a checksum. That is linear over bits, so four tables of 256 hold it.
struct Advance {
  std::array<std::array<uint32_t, 256>, 4> parts{};
  explicit Advance(size_t zeros) {
    for (size_t bit = 0; bit < 32; bit++) {
      uint32_t crc = 1u << bit;
      for (size_t i = 0; i < zeros; i++) crc = crc >> 8 ^ table[crc & 255];
      auto& part = parts[bit / 8];
      const size_t own = size_t(1) << bit % 8;
      for (size_t byte = 0; byte < 256; byte++) part[byte] ^= byte & own ? crc : 0;
    }
  }
  uint32_t operator()(uint32_t crc) const {
    return parts[0][crc & 255] ^ parts[1][crc >> 8 & 255] ^ parts[2][crc >> 16 & 255] ^ parts[3][crc >> 24];
  }
};

uint64_t wordAt(const uint8_t* bytes) {
  uint64_t word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

__attribute__((target("sse4.2"))) uint32_t byInstruction(uint32_t crc, const uint8_t* bytes, size_t length) {
  static const Advance pastStripe(stripe);
  size_t i = 0;
  for (; i + stripes * stripe <= length; i += stripes * stripe) {
    uint64_t first = crc, second = 0, third = 0;
    for (size_t at = i; at < i + stripe; at += 8) {
      first = _mm_crc32_u64(first, wordAt(bytes + at));
      second = _mm_crc32_u64(second, wordAt(bytes + at + stripe));
      third = _mm_crc32_u64(third, wordAt(bytes + at + 2 * stripe));
    }
    crc = pastStripe(pastStripe(uint32_t(first)) ^ uint32_t(second)) ^ uint32_t(third);
  }
  uint64_t wide = crc;
  for (; i + 8 <= length; i += 8) wide = _mm_crc32_u64(wide, wordAt(bytes + i));
  return byTable(uint32_t(wide), bytes + i, length - i);
}
#endif

}  // namespace

uint32_t crc32c(std::span<const uint8_t> bytes) {
#if defined(__x86_64__)
  static const bool hasInstruction = __builtin_cpu_supports("sse4.2");
  if (hasInstruction) return ~byInstruction(~0u, bytes.data(), bytes.size());
#endif
  return ~byTable(~0u, bytes.data(), bytes.size());
}

}  // namespace phenoprint
