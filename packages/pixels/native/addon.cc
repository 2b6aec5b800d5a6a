#include <node_api.h>

#include <memory>

#include "crc32c.h"
#include "frames.h"
#include "node.h"
#include "png.h"
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

std::vector<double> doublesOf(const Array& array) {
  const double* values = reinterpret_cast<const double*>(array.data);
  return {values, values + array.length};
}

/// placeStoredTile([file, position, length, is compressed, bytes a pixel], shape, turn, epsilon, centre, scale, out, offset):
/// 1 when it is done, else 0 or -1. Without a centre the tile is normalised by itself.
napi_value placeStoredTileCall(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info, 8);
  const auto place = arguments.numbers(0), sizes = arguments.numbers(1), steps = arguments.numbers(2);
  const double epsilon = arguments.number(3), offset = arguments.number(7);
  const Array centre = arguments.array(4), scale = arguments.array(5), out = arguments.array(6);
  if (arguments.failed()) return nullptr;
  if (place.size() != 5 || sizes.size() != 3 || steps.size() != 5) return refuse(env, "not as many numbers as expected");
  const TileShape shape{size_t(sizes[0]), size_t(sizes[1]), size_t(sizes[2]), size_t(sizes[1]), size_t(sizes[2])};
  const Turn turn{size_t(steps[0]), size_t(steps[1]), ptrdiff_t(steps[2]), ptrdiff_t(steps[3]), ptrdiff_t(steps[4])};
  if (!fits(turn, shape)) return refuse(env, "the turn leaves the tile");
  if (centre.type != napi_float64_array || scale.type != napi_float64_array || scale.length != shape.channels ||
      (centre.length != 0 && centre.length != shape.channels))
    return refuse(env, "not as many numbers as channels");
  const double pixels = double(shape.channels) * double(shape.height) * double(shape.width);
  if (out.type != napi_float32_array || !(offset >= 0) || offset + pixels > double(out.length))
    return refuse(env, "the output is too small");
  const StoredTile stored{int(place[0]), off_t(place[1]), size_t(place[2]), place[3] != 0};
  const TileNormalisation normalisation{centre.length == 0, epsilon, doublesOf(centre), doublesOf(scale)};
  const bool wide = place[4] == 2;
  float* to = reinterpret_cast<float*>(out.data) + size_t(offset);
  return promised(env, "placeStoredTile", {arguments.value(6)}, [=] {
    const bool done = wide ? placeStoredTile<uint16_t>(stored, shape, turn, normalisation, to)
                           : placeStoredTile<uint8_t>(stored, shape, turn, normalisation, to);
    return done ? 1 : 0;
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
  if (out.type != napi_float32_array || !(offset >= 0) || offset + double(pixels.length) > double(out.length))
    return refuse(env, "the output is too small");
  const double *centres = reinterpret_cast<double*>(centre.data), *scales = reinterpret_cast<double*>(scale.data);
  float* to = reinterpret_cast<float*>(out.data) + size_t(offset);
  if (pixels.type == napi_uint8_array) placeTile(pixels.data, shape, turn, centres, scales, to);
  else placeTile(reinterpret_cast<const uint16_t*>(pixels.data), shape, turn, centres, scales, to);
  return nullptr;
}

}  // namespace
}  // namespace phenoprint

NAPI_MODULE_INIT() {
  using namespace phenoprint;
  const std::pair<const char*, napi_callback> functions[] = {
      {"decodePng", decodePngCall},   {"longestFrame", longestFrameCall}, {"writeFrame", writeFrameCall},
      {"readFrame", readFrameCall},   {"crc32c", crc32cCall},             {"countValues", countValuesCall},
      {"sumTile", sumTileCall},       {"placeTile", placeTileCall},
      {"placeStoredTile", placeStoredTileCall},
  };
  for (const auto& [name, callback] : functions) {
    napi_value function;
    napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function);
    napi_set_named_property(env, exports, name, function);
  }
  return exports;
}
