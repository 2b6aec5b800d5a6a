#pragma once
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tile.h"

namespace phenoprint {

/// Where a tile lies in a file: its pixels, little-endian, maybe as a zstd frame, then their CRC-32C.
struct StoredTile {
  int file;
  off_t position;
  size_t length;
  bool compressed;
};

/// How the channels of a tile are normalised. `centre` and `scale` are given, or where `own` is set
/// follow from the tile: `scale` is then 1 for a channel, or 0 for one that becomes 0 throughout.
struct TileNormalisation {
  bool own;
  double epsilon;
  std::vector<double> centre, scale;
};

/// Reads a tile without padding, verifies it, and turns and normalises it into `out`, channels-last.
///
/// @returns whether it could: not when the file ends before it, or it is damaged.
template <typename Pixel, typename Out>
bool placeStoredTile(const StoredTile& stored, const TileShape& shape, const Turn& turn,
                     TileNormalisation normalisation, Out* out);

}  // namespace phenoprint
