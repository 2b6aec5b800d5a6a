#include "unfilter.h"

#include <array>
#include <cstring>
#include <utility>
#include <vector>

namespace phenoprint {
namespace {

constexpr int filters = 5;
enum Filter { none, sub, up, average, paeth };

/// A byte from its filtered value and its neighbours: left, above, above left. Without branches: what
/// the predictor chooses is as good as random.
template <int filter>
inline uint8_t restored(int value, int left, int above, int corner) {
  if constexpr (filter == none) return value;
  if constexpr (filter == sub) return value + left;
  if constexpr (filter == up) return value + above;
  if constexpr (filter == average) return value + ((left + above) >> 1);
  int toLeft = above - corner;
  int toAbove = left - corner;
  int toCorner = toLeft + toAbove;
  toLeft = toLeft < 0 ? -toLeft : toLeft;
  toAbove = toAbove < 0 ? -toAbove : toAbove;
  toCorner = toCorner < 0 ? -toCorner : toCorner;
  int other = toAbove <= toCorner ? above : corner;
  int nearest = toAbove < toCorner ? toAbove : toCorner;
  return value + (toLeft <= nearest ? left : other);
}

/// One row on its way from left to right.
template <int filter>
struct Row {
  const uint8_t* filtered;
  const uint8_t* above;
  uint8_t* out;
  int left = 0;
  int corner = 0;

  inline void step(size_t x) {
    int over = above[x];
    left = restored<filter>(filtered[x], left, over, corner);
    corner = over;
    out[x] = left;
  }
};

/// Four rows of one byte a pixel at once, each one pixel behind the row above it. A byte waits for the
/// one on its left; the processor works on the other rows meanwhile.
template <int f0, int f1, int f2, int f3>
void fourRows(const uint8_t* rows, const uint8_t* above, uint8_t* out, size_t width) {
  const size_t next = width + 1;
  Row<f0> row0{rows + 1, above, out};
  Row<f1> row1{rows + next + 1, out, out + width};
  Row<f2> row2{rows + 2 * next + 1, out + width, out + 2 * width};
  Row<f3> row3{rows + 3 * next + 1, out + 2 * width, out + 3 * width};
  row0.step(0);
  row0.step(1), row1.step(0);
  row0.step(2), row1.step(1), row2.step(0);
  for (size_t x = 3; x < width; x++) {
    row3.step(x - 3);
    row2.step(x - 2);
    row1.step(x - 1);
    row0.step(x);
  }
  row3.step(width - 3), row2.step(width - 2), row1.step(width - 1);
  row3.step(width - 2), row2.step(width - 1);
  row3.step(width - 1);
}

using FourRows = void (*)(const uint8_t*, const uint8_t*, uint8_t*, size_t);

/// fourRows for every choice of four filters.
template <size_t... index>
constexpr std::array<FourRows, sizeof...(index)> everyChoice(std::index_sequence<index...>) {
  return {fourRows<index / 125, index / 25 % 5, index / 5 % 5, index % 5>...};
}
constexpr auto fourRowsOf = everyChoice(std::make_index_sequence<filters * filters * filters * filters>());

template <int filter>
void anyRow(const uint8_t* in, const uint8_t* above, uint8_t* out, size_t bytes, size_t pixel) {
  for (size_t x = 0; x < pixel; x++) out[x] = restored<filter>(in[x], 0, above[x], 0);
  for (size_t x = pixel; x < bytes; x++)
    out[x] = restored<filter>(in[x], out[x - pixel], above[x], above[x - pixel]);
}

void oneRow(int filter, const uint8_t* in, const uint8_t* above, uint8_t* out, size_t bytes, size_t pixel) {
  if (filter == none) std::memcpy(out, in, bytes);
  if (filter == sub) anyRow<sub>(in, above, out, bytes, pixel);
  if (filter == up) anyRow<up>(in, above, out, bytes, pixel);
  if (filter == average) anyRow<average>(in, above, out, bytes, pixel);
  if (filter == paeth) anyRow<paeth>(in, above, out, bytes, pixel);
}

}  // namespace

bool unfilter(const uint8_t* rows, size_t rowBytes, size_t height, size_t pixelBytes, uint8_t* out) {
  const size_t next = rowBytes + 1;
  for (size_t y = 0; y < height; y++) {
    if (rows[y * next] >= filters) return false;
  }
  const std::vector<uint8_t> zeros(rowBytes);
  const uint8_t* above = zeros.data();
  size_t y = 0;
  if (pixelBytes == 1 && rowBytes >= 3) {
    for (; y + 4 <= height; y += 4) {
      const uint8_t* four = rows + y * next;
      const size_t choice = ((four[0] * filters + four[next]) * filters + four[2 * next]) * filters + four[3 * next];
      fourRowsOf[choice](four, above, out + y * rowBytes, rowBytes);
      above = out + (y + 3) * rowBytes;
    }
  }
  for (; y < height; y++) {
    const uint8_t* row = rows + y * next;
    oneRow(row[0], row + 1, above, out + y * rowBytes, rowBytes, pixelBytes);
    above = out + y * rowBytes;
  }
  return true;
}

}  // namespace phenoprint
