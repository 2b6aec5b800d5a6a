#pragma once
#include "product.h"

// Operands of the matrix product in the order in which it reads them.
namespace phenoprint::kernels::PHENOPRINT_ISA {

/** Rows of a matrix that are packed at once. */
inline constexpr int64_t kPackedRows = 64;

/** Rows [first, first + count) of a panel's columns as floats `[row, width]`, zeros where there are none. */
static void copyPanelRows(const Matrix& w, int64_t first, int64_t count, int64_t column, int64_t width, float* rows) {
  const int64_t present = w.columns - column < width ? w.columns - column : width;
  const int64_t within = w.rows - first < count ? w.rows - first : count;
  if (present < width || within < count) std::memset(rows, 0, count * width * sizeof(float));
  const float* from = w.data + first * w.rowStride + column * w.columnStride;
  if (w.columnStride == 1) {
    for (int64_t k = 0; k < within; ++k) std::memcpy(rows + k * width, from + k * w.rowStride, present * sizeof(float));
    return;
  }
  for (int64_t j = 0; j < present; ++j, from += w.columnStride)
    for (int64_t k = 0; k < within; ++k) rows[k * width + j] = from[k * w.rowStride];
}

/** Two rows of floats as a row of words. */
static void packPair(const float* low, const float* high, int64_t width, uint32_t* words) {
  for (int64_t j = 0; j < width; j += kLanes) {
    bf16 pair[2 * kLanes];
    store(pair, load(low + j), lanes(kLanes));
    store(pair + kLanes, load(high + j), lanes(kLanes));
    storeWords(words + j, interleave(pair, pair + kLanes, lanes(kLanes)), lanes(kLanes));
  }
}

/** One panel: for each word of the reduction its columns, zeros where there are none. */
template <class T>
static void packPanel(const Matrix& w, int64_t column, int64_t width, uint32_t* panel) {
  alignas(64) float rows[kPackedRows * 3 * kLanes];
  const int64_t all = roundUp(w.rows, kPerWord<T>);
#if defined(__AMX_BF16__)
  const SplitDepth split = splitDepth(w.rows);
  const bool splits = sizeof(T) == 4 && isSplit(w.rows, w.columns);
  if (splits) clearBehindRest(split, panel, width);
#endif
  for (int64_t first = 0; first < all; first += kPackedRows) {
    const int64_t count = all - first < kPackedRows ? all - first : kPackedRows;
#if defined(__AMX_BF16__)
    if (splits) {
      copyPanelRows(w, first, count, column, width, rows);
      for (int64_t k = 0; k < count; k += 2)
        splitRows(rows + k * width, k + 1 < count ? rows + (k + 1) * width : nullptr, width, split, (first + k) / 2, kRightParts,
                  panel, width);
      continue;
    }
#endif
    if constexpr (sizeof(T) == 4) {
      copyPanelRows(w, first, count, column, width, reinterpret_cast<float*>(panel + first * width));
    } else {
      copyPanelRows(w, first, count, column, width, rows);
      for (int64_t k = 0; k < count; k += 2)
        packPair(rows + k * width, rows + (k + 1) * width, width, panel + (first + k) / 2 * width);
    }
  }
}

/** A weight matrix in panels of up to three vectors of columns. */
static void packPanels(Element element, const Matrix& w, int threads, uint32_t* panels) {
  withElement(element, [&](auto sample) {
    using T = decltype(sample);
    const bool splits = sizeof(T) == 4 && isSplit(w.rows, w.columns);
    const int64_t words = splits ? splitDepth(w.rows).words : (w.rows + kPerWord<T> - 1) / kPerWord<T>;
    const int64_t vectors = (w.columns + kLanes - 1) / kLanes;
    const int used = w.rows * w.columns > 8192 ? threads : 1;
    parallel(used, [&](int thread) {
      int64_t panel = 0;
      for (int64_t done = 0; done < vectors; ++panel) {
        const int wide = panelVectors(vectors - done);
        if (panel % used == thread)
          packPanel<T>(w, done * kLanes, wide * kLanes, panels + words * done * kLanes);
        done += wide;
      }
    });
  });
}

/** The panels of a matrix of floats with each row times a factor. */
static void scalePanels(const uint32_t* panels, int64_t rows, int64_t columns, const float* factors, uint32_t* scaled) {
  const int64_t vectors = (columns + kLanes - 1) / kLanes;
  for (int64_t done = 0; done < vectors;) {
    const int wide = panelVectors(vectors - done);
    const uint32_t* from = panels + rows * done * kLanes;
    uint32_t* to = scaled + rows * done * kLanes;
    for (int64_t k = 0; k < rows; ++k) {
      const Vec factor = splat(factors[k]);
      for (int v = 0; v < wide; ++v) {
        const int64_t place = (k * wide + v) * kLanes;
        storeWords(to + place, asWords(mul(factor, asFloats(loadWords(from + place)))), lanes(kLanes));
      }
    }
    done += wide;
  }
}

/**
 * Rows `[row, column]` as words along the row axis: floats as they are; bfloat16 in pairs of rows, an
 * odd last row with zeros.
 *
 * @param pairs room for (rows + 1) / 2 * columns words and a vector more; unused for floats.
 */
template <class T>
static const uint32_t* pairRows(const T* rows, int64_t count, int64_t columns, uint32_t* pairs) {
  if constexpr (sizeof(T) == 4) {
    return reinterpret_cast<const uint32_t*>(rows);
  } else {
    for (int64_t i = 0; i < count; i += 2) {
      const T* low = rows + i * columns;
      for (int64_t c = 0; c < columns; c += kLanes) {
        const Lanes inside = lanes(columns - c);
        if (i + 1 < count) {
          storeWords(pairs + i / 2 * columns + c, interleave(low + c, low + columns + c, inside), inside);
        } else {
          for (int64_t j = c; j < columns && j < c + kLanes; ++j) pairs[i / 2 * columns + j] = low[j].bits;
        }
      }
    }
    return pairs;
  }
}

/** Bytes that pairRows asks for. */
template <class T>
static size_t pairBytes(int64_t count, int64_t columns) {
  return sizeof(T) == 4 ? 0 : (static_cast<size_t>(count + 1) / 2 * columns + kLanes) * 4;
}

}  // namespace phenoprint::kernels::PHENOPRINT_ISA
