#include "unfilter.h"

#include <algorithm>
#include <array>
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

/// One row on its way from left to right, of so many bytes a pixel: each byte waits for that of the pixel
/// on its left.
template <int filter, size_t pixel>
struct Row {
  const uint8_t* filtered;
  const uint8_t* above;
  uint8_t* out;
  std::array<int, pixel> left{}, corner{};

  inline void step(size_t x) {
    for (size_t byte = 0; byte < pixel; byte++) {
      const size_t at = x * pixel + byte;
      const int over = above[at];
      left[byte] = restored<filter>(filtered[at], left[byte], over, corner[byte]);
      corner[byte] = over;
      out[at] = left[byte];
    }
  }
};

/// Four rows of one byte a pixel at once, each one pixel behind the row above it. A byte waits for the
/// one on its left; the processor works on the other rows meanwhile.
template <int f0, int f1, int f2, int f3>
void fourRows(const uint8_t* rows, const uint8_t* above, uint8_t* out, size_t width) {
  const size_t next = width + 1;
  Row<f0, 1> row0{rows + 1, above, out};
  Row<f1, 1> row1{rows + next + 1, out, out + width};
  Row<f2, 1> row2{rows + 2 * next + 1, out + width, out + 2 * width};
  Row<f3, 1> row3{rows + 3 * next + 1, out + 2 * width, out + 3 * width};
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

/// Two rows of any pixels at once, the second a pixel behind the first.
template <size_t pixel, int f0, int f1>
void twoRows(const uint8_t* rows, const uint8_t* above, uint8_t* out, size_t width) {
  const size_t bytes = width * pixel;
  Row<f0, pixel> row0{rows + 1, above, out};
  Row<f1, pixel> row1{rows + bytes + 2, out, out + bytes};
  row0.step(0);
  for (size_t x = 1; x < width; x++) {
    row1.step(x - 1);
    row0.step(x);
  }
  row1.step(width - 1);
}

template <size_t pixel, int filter>
void oneRow(const uint8_t* row, const uint8_t* above, uint8_t* out, size_t width) {
  Row<filter, pixel> one{row + 1, above, out};
  for (size_t x = 0; x < width; x++) one.step(x);
}

/// Filtered rows, each behind its filter; the row above them; where they go; pixels a row.
using Rows = void (*)(const uint8_t*, const uint8_t*, uint8_t*, size_t);

/// fourRows for every choice of four filters.
template <size_t... index>
constexpr std::array<Rows, sizeof...(index)> fourOf(std::index_sequence<index...>) {
  return {fourRows<index / 125, index / 25 % 5, index / 5 % 5, index % 5>...};
}
constexpr auto fourRowsOf = fourOf(std::make_index_sequence<filters * filters * filters * filters>());

template <size_t pixel, size_t... index>
constexpr std::array<Rows, sizeof...(index)> twoOf(std::index_sequence<index...>) {
  return {twoRows<pixel, index / 5, index % 5>...};
}
template <size_t pixel, size_t... index>
constexpr std::array<Rows, sizeof...(index)> oneOf(std::index_sequence<index...>) {
  return {oneRow<pixel, index>...};
}

/// Rows of pixels of one size, by their filters.
struct RowsOfPixels {
  size_t pixelBytes;
  std::array<Rows, filters> one;
  std::array<Rows, filters * filters> two;
};
template <size_t pixel>
constexpr RowsOfPixels rowsOf{pixel, oneOf<pixel>(std::make_index_sequence<filters>()),
                              twoOf<pixel>(std::make_index_sequence<filters * filters>())};
/// One to four samples of one or two bytes.
constexpr std::array<RowsOfPixels, 6> pixelSizes{rowsOf<1>, rowsOf<2>, rowsOf<3>, rowsOf<4>, rowsOf<6>, rowsOf<8>};

}  // namespace

bool unfilter(const uint8_t* rows, size_t rowBytes, size_t height, size_t pixelBytes, uint8_t* out) {
  const size_t next = rowBytes + 1, width = rowBytes / pixelBytes;
  for (size_t y = 0; y < height; y++) {
    if (rows[y * next] >= filters) return false;
  }
  const auto known = std::find_if(pixelSizes.begin(), pixelSizes.end(),
                                  [=](const RowsOfPixels& size) { return size.pixelBytes == pixelBytes; });
  if (known == pixelSizes.end()) return false;
  const std::vector<uint8_t> zeros(rowBytes);
  const uint8_t* above = zeros.data();
  for (size_t y = 0; y < height;) {
    const uint8_t* first = rows + y * next;
    const auto filter = [=](size_t row) { return first[row * next]; };
    uint8_t* to = out + y * rowBytes;
    const size_t left = height - y, done = pixelBytes == 1 && width >= 3 && left >= 4 ? 4 : left >= 2 ? 2 : 1;
    const size_t two = filter(0) * filters + (done > 1 ? filter(1) : 0);
    const Rows restore = done == 4   ? fourRowsOf[(two * filters + filter(2)) * filters + filter(3)]
                         : done == 2 ? known->two[two]
                                     : known->one[filter(0)];
    restore(first, above, to, width);
    above = to + (done - 1) * rowBytes;
    y += done;
  }
  return true;
}

}  // namespace phenoprint
