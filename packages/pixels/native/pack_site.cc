#include "pack_site.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "crc32c.h"
#include "frames.h"
#include "statistics.h"

namespace phenoprint {
namespace {

constexpr size_t checksumBytes = 4;

/// OpenSSL's, which is in every Node, and has what the processor has for it.
using Sha256 = unsigned char* (*)(const unsigned char*, size_t, unsigned char*);
Sha256 sha256() {
  static const Sha256 found = reinterpret_cast<Sha256>(dlsym(RTLD_DEFAULT, "SHA256"));
  return found;
}

/// The mean of each block of a plane; those at the right and the bottom may be cut.
template <typename Pixel>
void meanOfBlocks(const Pixel* plane, const SiteShape& shape, double* means) {
  std::vector<uint64_t> sums(shape.blockColumns());
  for (size_t row = 0; row < shape.blockRows(); row++) {
    const size_t top = row * shape.block, bottom = std::min(shape.height, top + shape.block);
    std::fill(sums.begin(), sums.end(), 0);
    for (size_t y = top; y < bottom; y++) {
      const Pixel* line = plane + y * shape.width;
      for (size_t column = 0; column < sums.size(); column++) {
        const size_t left = column * shape.block, right = std::min(shape.width, left + shape.block);
        uint32_t sum = 0;
        for (size_t x = left; x < right; x++) sum += line[x];
        sums[column] += sum;
      }
    }
    for (size_t column = 0; column < sums.size(); column++) {
      const size_t left = column * shape.block, right = std::min(shape.width, left + shape.block);
      *means++ = double(sums[column]) / double((bottom - top) * (right - left));
    }
  }
}

/// A tile `[channel, y, x]`, zero past the edge of the image.
template <typename Pixel>
void cutTile(const Pixel* pixels, const SiteShape& shape, size_t tile, Pixel* out) {
  const size_t top = tile / shape.tileColumns() * shape.tileHeight, left = tile % shape.tileColumns() * shape.tileWidth;
  const size_t filledHeight = std::min(shape.tileHeight, shape.height - top),
               filledWidth = std::min(shape.tileWidth, shape.width - left);
  if (filledHeight < shape.tileHeight || filledWidth < shape.tileWidth)
    std::fill_n(out, shape.channels * shape.tileHeight * shape.tileWidth, Pixel(0));
  for (size_t c = 0; c < shape.channels; c++) {
    for (size_t y = 0; y < filledHeight; y++) {
      std::copy_n(pixels + (c * shape.height + top + y) * shape.width + left, filledWidth,
                  out + (c * shape.tileHeight + y) * shape.tileWidth);
    }
  }
}

/// Packs one tile to where there is room for it; its bytes, or 0.
size_t packTile(std::span<const uint8_t> tile, Packing packing, std::span<uint8_t> target) {
  size_t length = tile.size();
  if (target.size() < checksumBytes) return 0;
  if (packing == Packing::zstd) {
    const double written = writeFrame(tile, target.first(target.size() - checksumBytes));
    if (written < 0) return 0;
    length = size_t(written);
  } else {
    if (target.size() - checksumBytes < length) return 0;
    std::copy(tile.begin(), tile.end(), target.begin());
  }
  const uint32_t checksum = crc32c(target.first(length));
  std::memcpy(target.data() + length, &checksum, checksumBytes);
  return length + checksumBytes;
}

}  // namespace

size_t longestPacked(const SiteShape& shape, size_t pixelBytes, Packing packing) {
  if (packing == Packing::none) return 0;
  const size_t tile = shape.channels * shape.tileHeight * shape.tileWidth * pixelBytes;
  return shape.tiles() * ((packing == Packing::zstd ? longestFrame(tile) : tile) + checksumBytes);
}

template <typename Pixel>
bool packSite(const Pixel* pixels, const SiteShape& shape, Packing packing, const SiteOutput& output) {
  if (sha256() == nullptr) return false;
  const size_t plane = shape.height * shape.width, blocks = shape.blockRows() * shape.blockColumns();
  constexpr size_t values = size_t(1) << 8 * sizeof(Pixel);
  for (size_t c = 0; c < shape.channels; c++) {
    countValues(std::span(pixels + c * plane, plane), output.counts + c * values);
    meanOfBlocks(pixels + c * plane, shape, output.blockMeans + c * blocks);
  }
  sha256()(reinterpret_cast<const unsigned char*>(pixels), shape.channels * plane * sizeof(Pixel), output.digest);
  if (packing == Packing::none) return true;
  thread_local std::vector<Pixel> tile;
  tile.resize(shape.channels * shape.tileHeight * shape.tileWidth);
  std::span<uint8_t> room = output.packed;
  for (size_t index = 0; index < shape.tiles(); index++) {
    cutTile(pixels, shape, index, tile.data());
    const std::span bytes(reinterpret_cast<const uint8_t*>(tile.data()), tile.size() * sizeof(Pixel));
    const size_t length = packTile(bytes, packing, room);
    if (length == 0) return false;
    output.lengths[index] = double(length);
    room = room.subspan(length);
  }
  return true;
}

template bool packSite(const uint8_t*, const SiteShape&, Packing, const SiteOutput&);
template bool packSite(const uint16_t*, const SiteShape&, Packing, const SiteOutput&);

}  // namespace phenoprint
