#include <node_api.h>

#include <memory>

#include "crc32c.h"
#include "frames.h"
#include "node.h"
#include "pack_site.h"
#include "png.h"
#include "statistics.h"
#include "stored_tile.h"
#include "tile.h"

namespace phenoprint {
namespace {

napi_value number(napi_env env, double value) {
  napi_value result;
  napi_create_double(env, value, &result);
  return result;
}

napi_value refuse(napi_env env, const char* why) {
  napi_throw_range_error(env, nullptr, why);
  return nullptr;
}

/// decodePng(file, samples, target): 1 when it is done, else 0 or -1.
napi_value decodePngCall(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 3);
  const Array file = arguments.array(0), target = arguments.array(2);
  const auto numbers = arguments.numbers(1);
  if (arguments.failed()) return nullptr;
  const std::vector<uint32_t> samples(numbers.begin(), numbers.end());
  return promised(env, "decodePng", {arguments.value(0), arguments.value(2)},
                  [=] { return decodePng(file.asBytes(), samples, target.data, target.bytes) ? 1 : 0; });
}

/// decodeGreyPngFile(path, [width, height, bytes a sample], target): 1 when it is done, else 0 or -1.
napi_value decodeGreyPngFileCall(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 3);
  const std::string path = arguments.text(0);
  const auto numbers = arguments.numbers(1);
  const Array target = arguments.array(2);
  if (arguments.failed()) return nullptr;
  if (path.find('\0') != std::string::npos) return refuse(env, "a path cannot hold a zero");
  if (numbers.size() != 3 || numbers[0] * numbers[1] * numbers[2] != double(target.bytes))
    return refuse(env, "the target has another size");
  const GreyPng expected{size_t(numbers[0]), size_t(numbers[1]), size_t(numbers[2])};
  return promised(env, "decodeGreyPngFile", {arguments.value(2)},
                  [=] { return decodeGreyPngFile(path.c_str(), expected, target.data) ? 1 : 0; });
}

/// longestFrame(bytes)
napi_value longestFrameCall(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 1);
  const double bytes = arguments.number(0);
  return arguments.failed() ? nullptr : number(env, double(longestFrame(size_t(bytes))));
}

/// writeFrame(content, target): the length, or -1.
napi_value writeFrameCall(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 2);
  const Array content = arguments.array(0), target = arguments.array(1);
  if (arguments.failed()) return nullptr;
  return promised(env, "writeFrame", {arguments.value(0), arguments.value(1)},
                  [=] { return writeFrame(content.asBytes(), target.asBytes()); });
}

/// readFrame(frame, target): 1 when it is done, else 0 or -1.
napi_value readFrameCall(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 2);
  const Array frame = arguments.array(0), target = arguments.array(1);
  if (arguments.failed()) return nullptr;
  return promised(env, "readFrame", {arguments.value(0), arguments.value(1)},
                  [=] { return readFrame(frame.asBytes(), target.asBytes()) ? 1 : 0; });
}

/// crc32c(bytes)
napi_value crc32cCall(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 1);
  const Array bytes = arguments.array(0);
  return arguments.failed() ? nullptr : number(env, crc32c(bytes.asBytes()));
}

/// countValues(plane, counts)
napi_value countValuesCall(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 2);
  const Array plane = arguments.array(0), counts = arguments.array(1);
  if (arguments.failed()) return nullptr;
  const bool bytes = plane.type == napi_uint8_array;
  if (counts.type != napi_uint32_array || counts.length < (bytes ? 256u : 65536u)) return refuse(env, "too few counts");
  uint32_t* table = reinterpret_cast<uint32_t*>(counts.data);
  if (bytes) countValues(std::span<const uint8_t>(plane.data, plane.length), table);
  else countValues(std::span(reinterpret_cast<const uint16_t*>(plane.data), plane.length), table);
  return nullptr;
}

/// [channels, height, width, filledHeight, filledWidth], where the pixels are as many.
bool shapeOf(const std::vector<double>& numbers, const Array& pixels, TileShape& shape) {
  if (numbers.size() != 5) return false;
  shape = {size_t(numbers[0]), size_t(numbers[1]), size_t(numbers[2]), size_t(numbers[3]), size_t(numbers[4])};
  return shape.channels * shape.height * shape.width == pixels.length && shape.filledHeight <= shape.height &&
         shape.filledWidth <= shape.width && (pixels.type == napi_uint8_array || pixels.type == napi_uint16_array);
}

/// sumTile(pixels, shape, sums, squares)
napi_value sumTileCall(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 4);
  const Array pixels = arguments.array(0), sums = arguments.array(2), squares = arguments.array(3);
  const auto numbers = arguments.numbers(1);
  if (arguments.failed()) return nullptr;
  TileShape shape;
  if (!shapeOf(numbers, pixels, shape)) return refuse(env, "the pixels have another shape");
  if (sums.type != napi_float64_array || squares.type != napi_float64_array || sums.length < shape.channels ||
      squares.length < shape.channels)
    return refuse(env, "too few sums");
  double *to = reinterpret_cast<double*>(sums.data), *squaresTo = reinterpret_cast<double*>(squares.data);
  if (pixels.type == napi_uint8_array) sumTile(pixels.data, shape, to, squaresTo);
  else sumTile(reinterpret_cast<const uint16_t*>(pixels.data), shape, to, squaresTo);
  return nullptr;
}

/// Whether a turn reads every pixel of a plane once, and nothing else.
bool fits(const Turn& turn, const TileShape& shape) {
  const ptrdiff_t plane = ptrdiff_t(shape.height * shape.width);
  if (turn.rows * turn.columns != size_t(plane) || plane == 0) return false;
  const ptrdiff_t down = ptrdiff_t(turn.rows - 1) * turn.stepY, across = ptrdiff_t(turn.columns - 1) * turn.stepX;
  for (ptrdiff_t corner : {turn.start, turn.start + down, turn.start + across, turn.start + down + across}) {
    if (corner < 0 || corner >= plane) return false;
  }
  return true;
}

/// Whether an output of floats, or of the bits of bfloat16, has room for so many values from an offset on.
bool holds(const Array& out, double offset, double values) {
  const bool known = out.type == napi_float32_array || out.type == napi_uint16_array;
  return known && offset >= 0 && offset + values <= double(out.length);
}

/// Calls `use` with the values of an output, as floats or as bfloat16.
template <typename Use>
double withOutput(const Array& out, Use use) {
  if (out.type == napi_float32_array) return use(reinterpret_cast<float*>(out.data));
  return use(reinterpret_cast<Bfloat16*>(out.data));
}

/// Of `placeStoredTiles`, in its first argument for each tile.
enum StoredTileField { file, position, length, rows, columns, start, stepY, stepX, offset, storedTileFields };

/// Tiles of one kind and one output, read one after the other on one thread.
struct StoredTiles {
  struct Tile {
    StoredTile stored;
    Turn turn;
    TileNormalisation normalisation;
    /// In values from the start of the output.
    size_t offset;
  };
  TileShape shape;
  std::vector<Tile> tiles;

  /// Sets 1 for each tile that is placed, and tells how many they are.
  template <typename Pixel, typename Out>
  double place(Out* out, uint8_t* placed) const {
    double count = 0;
    for (size_t i = 0; i < tiles.size(); i++) {
      const auto& [stored, turn, normalisation, offset] = tiles[i];
      placed[i] = placeStoredTile<Pixel>(stored, shape, turn, normalisation, out + offset);
      count += placed[i];
    }
    return count;
  }
};

/// placeStoredTiles(tiles, [channels, height, width, bytes a pixel, is compressed], epsilon, centre, scale, out, placed):
/// how many were placed, or -1. Without centres the tiles are normalised by themselves.
napi_value placeStoredTilesCall(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 7);
  const Array numbers = arguments.array(0), centre = arguments.array(3), scale = arguments.array(4),
              out = arguments.array(5), placed = arguments.array(6);
  const auto kind = arguments.numbers(1);
  const double epsilon = arguments.number(2);
  if (arguments.failed()) return nullptr;
  if (numbers.type != napi_float64_array || numbers.length % storedTileFields != 0 || kind.size() != 5)
    return refuse(env, "not as many numbers as expected");
  const size_t count = numbers.length / storedTileFields;
  StoredTiles list{{size_t(kind[0]), size_t(kind[1]), size_t(kind[2]), size_t(kind[1]), size_t(kind[2])}, {}};
  const size_t channels = list.shape.channels;
  if (centre.type != napi_float64_array || scale.type != napi_float64_array || scale.length != count * channels ||
      (centre.length != 0 && centre.length != scale.length))
    return refuse(env, "not as many numbers as channels");
  if (placed.type != napi_uint8_array || placed.length < count) return refuse(env, "too few places for outcomes");
  const double pixels = kind[0] * kind[1] * kind[2];
  const auto channelsOf = [=](const Array& array, size_t tile) {
    const double* first = reinterpret_cast<const double*>(array.data) + tile * channels;
    return array.length == 0 ? std::vector<double>() : std::vector<double>(first, first + channels);
  };
  for (size_t i = 0; i < count; i++) {
    const double* of = reinterpret_cast<const double*>(numbers.data) + i * storedTileFields;
    const Turn turn{size_t(of[rows]), size_t(of[columns]), ptrdiff_t(of[start]), ptrdiff_t(of[stepY]), ptrdiff_t(of[stepX])};
    if (!fits(turn, list.shape)) return refuse(env, "a turn leaves its tile");
    if (!holds(out, of[offset], pixels)) return refuse(env, "the output is too small");
    list.tiles.push_back({{int(of[file]), off_t(of[position]), size_t(of[length]), kind[4] != 0},
                          turn,
                          {centre.length == 0, epsilon, channelsOf(centre, i), channelsOf(scale, i)},
                          size_t(of[offset])});
  }
  const bool wide = kind[3] == 2;
  return promised(env, "placeStoredTiles", {arguments.value(5), arguments.value(6)},
                  [=, list = std::move(list), to = placed.data] {
                    return withOutput(out, [&](auto* values) {
                      return wide ? list.place<uint16_t>(values, to) : list.place<uint8_t>(values, to);
                    });
                  });
}

/// placeTile(pixels, shape, [rows, columns, start, stepY, stepX], centre, scale, out, offset)
napi_value placeTileCall(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 7);
  const Array pixels = arguments.array(0), centre = arguments.array(3), scale = arguments.array(4),
              out = arguments.array(5);
  const auto numbers = arguments.numbers(1), steps = arguments.numbers(2);
  const double offset = arguments.number(6);
  if (arguments.failed()) return nullptr;
  TileShape shape;
  if (!shapeOf(numbers, pixels, shape) || steps.size() != 5) return refuse(env, "the pixels have another shape");
  const Turn turn{size_t(steps[0]), size_t(steps[1]), ptrdiff_t(steps[2]), ptrdiff_t(steps[3]), ptrdiff_t(steps[4])};
  if (!fits(turn, shape)) return refuse(env, "the turn leaves the tile");
  if (centre.type != napi_float64_array || scale.type != napi_float64_array || centre.length < shape.channels ||
      scale.length < shape.channels)
    return refuse(env, "not as many numbers as channels");
  if (!holds(out, offset, double(pixels.length))) return refuse(env, "the output is too small");
  const double *centres = reinterpret_cast<double*>(centre.data), *scales = reinterpret_cast<double*>(scale.data);
  withOutput(out, [&](auto* values) {
    auto* to = values + size_t(offset);
    if (pixels.type == napi_uint8_array) placeTile(pixels.data, shape, turn, centres, scales, to);
    else placeTile(reinterpret_cast<const uint16_t*>(pixels.data), shape, turn, centres, scales, to);
    return 0.0;
  });
  return nullptr;
}

/// [channels, height, width, tileHeight, tileWidth, block], all above 0.
bool siteShapeOf(const std::vector<double>& numbers, SiteShape& shape) {
  if (numbers.size() != 6) return false;
  for (double number : numbers) {
    if (!(number >= 1)) return false;
  }
  shape = {size_t(numbers[0]), size_t(numbers[1]), size_t(numbers[2]),
           size_t(numbers[3]), size_t(numbers[4]), size_t(numbers[5])};
  return true;
}

/// longestPacked(shape, bytes a pixel, packing)
napi_value longestPackedCall(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 3);
  const auto numbers = arguments.numbers(0);
  const double pixelBytes = arguments.number(1), packing = arguments.number(2);
  SiteShape shape;
  if (arguments.failed()) return nullptr;
  if (!siteShapeOf(numbers, shape)) return refuse(env, "a site has another shape");
  return number(env, double(longestPacked(shape, size_t(pixelBytes), Packing(int(packing)))));
}

/// packSite(pixels, shape, packing, counts, block means, digest, packed, lengths): 1 when it is done, else 0 or -1.
napi_value packSiteCall(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 8);
  const Array pixels = arguments.array(0), counts = arguments.array(3), means = arguments.array(4),
              digest = arguments.array(5), packed = arguments.array(6), lengths = arguments.array(7);
  const auto numbers = arguments.numbers(1);
  const Packing packing = Packing(int(arguments.number(2)));
  if (arguments.failed()) return nullptr;
  SiteShape shape;
  const bool bytes = pixels.type == napi_uint8_array;
  if (!siteShapeOf(numbers, shape) || (!bytes && pixels.type != napi_uint16_array) ||
      pixels.length != shape.channels * shape.height * shape.width)
    return refuse(env, "the pixels have another shape");
  if (counts.type != napi_uint32_array || counts.length != shape.channels * (bytes ? 256 : 65536) ||
      means.type != napi_float64_array || means.length != shape.channels * shape.blockRows() * shape.blockColumns() ||
      digest.bytes != 32 || packed.type != napi_uint8_array || lengths.type != napi_float64_array ||
      lengths.length != shape.tiles())
    return refuse(env, "the outputs have other sizes");
  const SiteOutput output{reinterpret_cast<uint32_t*>(counts.data), reinterpret_cast<double*>(means.data), digest.data,
                          packed.asBytes(), reinterpret_cast<double*>(lengths.data)};
  std::vector<napi_value> kept;
  for (size_t argument : {0, 3, 4, 5, 6, 7}) kept.push_back(arguments.value(argument));
  return promised(env, "packSite", kept, [=] {
    return bytes ? packSite(pixels.data, shape, packing, output)
                 : packSite(reinterpret_cast<const uint16_t*>(pixels.data), shape, packing, output);
  });
}

}  // namespace
}  // namespace phenoprint

NAPI_MODULE_INIT() {
  using namespace phenoprint;
  const std::pair<const char*, napi_callback> functions[] = {
      {"decodeGreyPngFile", decodeGreyPngFileCall},
      {"decodePng", decodePngCall},   {"longestFrame", longestFrameCall}, {"writeFrame", writeFrameCall},
      {"readFrame", readFrameCall},   {"crc32c", crc32cCall},             {"countValues", countValuesCall},
      {"sumTile", sumTileCall},       {"placeTile", placeTileCall},
      {"placeStoredTiles", placeStoredTilesCall},
      {"longestPacked", longestPackedCall}, {"packSite", packSiteCall},
  };
  for (const auto& [name, callback] : functions) {
    napi_value function;
    napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function);
    napi_set_named_property(env, exports, name, function);
  }
  return exports;
}
