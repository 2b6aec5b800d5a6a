#include "stored_tile.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <span>

#include "crc32c.h"
#include "frames.h"
#include "statistics.h"

namespace phenoprint {
namespace {

constexpr size_t checksumBytes = 4;

/// A thread's own memory, so that no tile asks the system for any.
std::span<uint8_t> scratch(std::vector<uint8_t>& memory, size_t bytes) {
  if (memory.size() < bytes) memory.resize(bytes);
  return {memory.data(), bytes};
}

bool readFully(const StoredTile& stored, std::span<uint8_t> target) {
  for (size_t done = 0; done < target.size();) {
    const ssize_t got = pread(stored.file, target.data() + done, target.size() - done, stored.position + off_t(done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    done += size_t(got);
  }
  return true;
}

/// The bytes before their checksum, or none where it differs.
std::span<const uint8_t> verified(std::span<const uint8_t> stored) {
  if (stored.size() < checksumBytes) return {};
  const auto content = stored.first(stored.size() - checksumBytes);
  uint32_t sum;
  std::memcpy(&sum, content.data() + content.size(), checksumBytes);
  return sum == crc32c(content) ? content : std::span<const uint8_t>();
}

/// Mean 0 and deviation 1 by the tile's own pixels, population variance.
template <typename Pixel>
void normaliseByItself(const Pixel* pixels, const TileShape& shape, TileNormalisation& normalisation) {
  std::vector<double> squares(shape.channels);
  normalisation.centre.resize(shape.channels);
  sumTile(pixels, shape, normalisation.centre.data(), squares.data());
  const double count = double(shape.filledHeight * shape.filledWidth);
  for (size_t c = 0; c < shape.channels; c++) {
    const double sum = normalisation.centre[c];
    const double variance = std::max(0.0, (squares[c] - (sum * sum) / count) / count);
    normalisation.centre[c] = sum / count;
    if (normalisation.scale[c] != 0) normalisation.scale[c] = 1 / (std::sqrt(variance) + normalisation.epsilon);
  }
}

}  // namespace

template <typename Pixel, typename Out>
bool placeStoredTile(const StoredTile& stored, const TileShape& shape, const Turn& turn,
                     TileNormalisation normalisation, Out* out) {
  thread_local std::vector<uint8_t> storedBytes, pixelBytes;
  const auto bytes = scratch(storedBytes, stored.length);
  if (!readFully(stored, bytes)) return false;
  const auto content = verified(bytes);
  const size_t size = shape.channels * shape.height * shape.width * sizeof(Pixel);
  if (!stored.compressed && content.size() != size) return false;
  const auto pixels = scratch(pixelBytes, size);
  if (stored.compressed) {
    if (!readFrame(content, pixels)) return false;
  } else {
    std::copy(content.begin(), content.end(), pixels.begin());
  }
  const Pixel* values = reinterpret_cast<const Pixel*>(pixels.data());
  if (normalisation.own) normaliseByItself(values, shape, normalisation);
  placeTile(values, shape, turn, normalisation.centre.data(), normalisation.scale.data(), out);
  return true;
}

template bool placeStoredTile<uint8_t>(const StoredTile&, const TileShape&, const Turn&, TileNormalisation, float*);
template bool placeStoredTile<uint8_t>(const StoredTile&, const TileShape&, const Turn&, TileNormalisation, Bfloat16*);
template bool placeStoredTile<uint16_t>(const StoredTile&, const TileShape&, const Turn&, TileNormalisation, float*);
template bool placeStoredTile<uint16_t>(const StoredTile&, const TileShape&, const Turn&, TileNormalisation, Bfloat16*);

}  // namespace phenoprint
