#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace phenoprint {

/// A site `[channel, y, x]`, the tiles it is cut into, and the side of the blocks whose means are taken.
struct SiteShape {
  size_t channels, height, width, tileHeight, tileWidth, block;
  size_t tileRows() const { return (height + tileHeight - 1) / tileHeight; }
  size_t tileColumns() const { return (width + tileWidth - 1) / tileWidth; }
  size_t tiles() const { return tileRows() * tileColumns(); }
  size_t blockRows() const { return (height + block - 1) / block; }
  size_t blockColumns() const { return (width + block - 1) / block; }
};

/// How the tiles of a site are stored: not at all, as they are, or as zstd frames.
enum class Packing { none, plain, zstd };

/// Where everything goes that is to be known of a site.
struct SiteOutput {
  /// `[channel, value]`: how often each value occurs.
  uint32_t* counts;
  /// `[channel, row, column]`: the mean of each block.
  double* blockMeans;
  /// SHA-256 of the pixels.
  uint8_t* digest;
  /// The tiles one after the other, each with its CRC-32C.
  std::span<uint8_t> packed;
  /// `[tile]`: bytes of each, checksum included.
  double* lengths;
};

/// Bytes that the packed tiles of a site take at most.
size_t longestPacked(const SiteShape& shape, size_t pixelBytes, Packing packing);

/// Counts, hashes and packs a site.
///
/// @returns whether it could: not without memory, nor where OpenSSL, which Node brings, is not found.
template <typename Pixel>
bool packSite(const Pixel* pixels, const SiteShape& shape, Packing packing, const SiteOutput& output);

}  // namespace phenoprint
