#pragma once
#include "parallel.h"

// Matrix product C = A B on words of four bytes: floats, or pairs of bfloat16 that are neighbours along
// the reduction. C is never stored here: an epilogue gets each register tile and does what comes next
// with it (sums, residual, gradient of an activation) while it is in registers.
namespace phenoprint::kernels::PHENOPRINT_ISA {

/** A: word (row, k) lies at words[row * rowStride + k * wordStride]. */
struct Left {
  const uint32_t* words;
  int64_t rowStride, wordStride;
};

/** B: packed panels (see panels.h), or rows of words with a stride. */
struct Right {
  const uint32_t* words;
  /** 0 for panels. */
  int64_t stride = 0;
};

/** Vectors in the panel that begins where `left` vectors of columns remain: 3, but never a last one of 1 after 3. */
static inline int panelVectors(int64_t left) { return left == 4 || left == 2 ? 2 : left == 1 ? 1 : 3; }

/**
 * Memory that is read soon, fetched a line every few instructions while products are computed: the
 * processor itself begins too late to keep the memory busy, and many lines at once would only wait for
 * each other.
 */
class Ahead {
 public:
  Ahead() = default;
  /** The same stretch of up to two arrays, spread over so many tiles. */
  Ahead(const void* first, const void* second, int64_t bytes, int64_t tiles)
      : first_(static_cast<const char*>(first)),
        second_(static_cast<const char*>(second)),
        bytes_(bytes),
        share_((bytes / 64 + tiles) / (tiles > 0 ? tiles : 1)) {}

  /** Says how many of a tile's so many steps are to call step(). */
  PHENOPRINT_INLINE_MEMBER int64_t beginTile(int64_t steps) {
    const int64_t left = (bytes_ - done_ + 63) / 64, lines = left < share_ ? left : share_;
    if (lines <= 0) return 0;
    each_ = (lines + steps - 1) / steps;
    return (lines + each_ - 1) / each_;
  }

  /** Fetches a line, or the few that one step has to. */
  PHENOPRINT_INLINE_MEMBER void step() {
    for (int64_t line = 0; line < each_; ++line, done_ += 64) {
      prefetchRead(first_ + done_);
      if (second_ != nullptr) prefetchRead(second_ + done_);
    }
  }

 private:
  const char* first_ = nullptr;
  const char* second_ = nullptr;
  int64_t bytes_ = 0, done_ = 0, share_ = 0, each_ = 0;
};

/** Register tiles of a product. */
static inline int64_t tilesOf(int64_t rows, int64_t columns) {
  return (rows + kTileRows - 1) / kTileRows * ((columns + 3 * kLanes - 1) / (3 * kLanes));
}

template <class T, int ROWS, int VECTORS, class Epilogue>
PHENOPRINT_INLINE void multiplyTile(int64_t words, const uint32_t* a, const Left& left, const uint32_t* b,
                                    int64_t stride, int64_t row, int64_t column, Epilogue& epilogue, Ahead& ahead) {
  Vec sums[ROWS][VECTORS];
#pragma GCC unroll 8
  for (int i = 0; i < ROWS; ++i)
#pragma GCC unroll 3
    for (int v = 0; v < VECTORS; ++v) sums[i][v] = zero();
  const auto addProducts = [&]() __attribute__((always_inline)) {
    Words right[VECTORS];
#pragma GCC unroll 3
    for (int v = 0; v < VECTORS; ++v) right[v] = loadWords(b + v * kLanes);
#pragma GCC unroll 8
    for (int i = 0; i < ROWS; ++i) {
      const Words value = splatWord(a[i * left.rowStride]);
#pragma GCC unroll 3
      for (int v = 0; v < VECTORS; ++v) sums[i][v] = multiplyAdd<T>(sums[i][v], value, right[v]);
    }
    a += left.wordStride;
    b += stride;
  };
  const int64_t fetching = ahead.beginTile(words);
  for (int64_t k = 0; k < fetching; ++k) {
    ahead.step();
    addProducts();
  }
  for (int64_t k = fetching; k < words; ++k) addProducts();
  epilogue.template tile<ROWS, VECTORS>(row, column, sums);
}

template <class T, int VECTORS, class Epilogue>
static inline void multiplyPanel(int64_t rows, int64_t words, const Left& left, const uint32_t* b, int64_t stride,
                                 int64_t column, Epilogue& epilogue, Ahead& ahead) {
  int64_t row = 0;
  for (; row + kTileRows <= rows; row += kTileRows) {
    multiplyTile<T, kTileRows, VECTORS>(words, left.words + row * left.rowStride, left, b, stride, row, column, epilogue, ahead);
  }
  for (; row < rows; ++row)
    multiplyTile<T, 1, VECTORS>(words, left.words + row * left.rowStride, left, b, stride, row, column, epilogue, ahead);
}

/** Products of `rows` rows of A with `columns` columns of B, `words` words deep; fetches what comes next. */
template <class T, class Epilogue>
static void multiplyOnVectors(int64_t rows, int64_t words, int64_t columns, const Left& left, const Right& right, Epilogue epilogue,
                     Ahead& ahead) {
  const int64_t vectors = (columns + kLanes - 1) / kLanes;
  for (int64_t done = 0; done < vectors;) {
    const int wide = panelVectors(vectors - done);
    const int64_t column = done * kLanes;
    const uint32_t* b = right.words + (right.stride == 0 ? words * column : column);
    const int64_t stride = right.stride == 0 ? wide * kLanes : right.stride;
    if (wide == 3) {
      multiplyPanel<T, 3>(rows, words, left, b, stride, column, epilogue, ahead);
    } else if (wide == 2) {
      multiplyPanel<T, 2>(rows, words, left, b, stride, column, epilogue, ahead);
    } else {
      multiplyPanel<T, 1>(rows, words, left, b, stride, column, epilogue, ahead);
    }
    done += wide;
  }
}

/** A as rows of T that lie behind each other. */
template <class T>
PHENOPRINT_INLINE Left rowsOf(const T* data, int64_t columns) {
  return {reinterpret_cast<const uint32_t*>(data), columns / kPerWord<T>, 1};
}

/** A', where A is stored as words of row pairs (see pairRows): reduction over the rows. */
PHENOPRINT_INLINE Left transposed(const uint32_t* pairs, int64_t columns) { return {pairs, 1, columns}; }

/** Stores the product, and adds up its values and their squares by column. */
template <class T>
struct StoreAndSum {
  T* output;
  int64_t columns;
  float* first;
  float* second;
  /** How far ahead of the present row to fetch, in rows. */
  int64_t ahead;

  template <int ROWS, int VECTORS>
  PHENOPRINT_INLINE_MEMBER void tile(int64_t row, int64_t column, Vec (&sums)[ROWS][VECTORS]) {
#pragma GCC unroll 3
    for (int v = 0; v < VECTORS; ++v) {
      const int64_t c = column + v * kLanes;
      const Lanes inside = lanes(columns - c);
      Vec total = load(first + c), squares = load(second + c);
#pragma GCC unroll 8
      for (int i = 0; i < ROWS; ++i) {
        T* place = output + (row + i) * columns + c;
        prefetchWrite(place + ahead * columns);
        store(place, sums[i][v], inside);
        total = add(total, sums[i][v]);
        squares = fma(sums[i][v], sums[i][v], squares);
      }
      store(first + c, total);
      store(second + c, squares);
    }
  }
};

/** Adds up the product and its squares per column, and stores nothing. */
struct Sum {
  float* first;
  float* second;

  template <int ROWS, int VECTORS>
  PHENOPRINT_INLINE_MEMBER void tile(int64_t, int64_t column, Vec (&sums)[ROWS][VECTORS]) {
#pragma GCC unroll 3
    for (int v = 0; v < VECTORS; ++v) {
      const int64_t c = column + v * kLanes;
      Vec total = load(first + c), squares = load(second + c);
#pragma GCC unroll 8
      for (int i = 0; i < ROWS; ++i) {
        total = add(total, sums[i][v]);
        squares = fma(sums[i][v], sums[i][v], squares);
      }
      store(first + c, total);
      store(second + c, squares);
    }
  }
};

/** Stores the product, plus a residual where there is one. */
template <class T>
struct Store {
  T* output;
  int64_t columns;
  const T* residual;
  int64_t ahead;

  template <int ROWS, int VECTORS>
  PHENOPRINT_INLINE_MEMBER void tile(int64_t row, int64_t column, Vec (&sums)[ROWS][VECTORS]) {
#pragma GCC unroll 3
    for (int v = 0; v < VECTORS; ++v) {
      const int64_t c = column + v * kLanes;
      const Lanes inside = lanes(columns - c);
#pragma GCC unroll 8
      for (int i = 0; i < ROWS; ++i) {
        const int64_t place = (row + i) * columns + c;
        prefetchWrite(output + place + ahead * columns);
        Vec value = sums[i][v];
        if (residual != nullptr) value = add(value, load(residual + place, inside));
        store(output + place, value, inside);
      }
    }
  }
};

/** Adds the product to sums of float. */
struct Accumulate {
  float* output;
  int64_t columns;

  template <int ROWS, int VECTORS>
  PHENOPRINT_INLINE_MEMBER void tile(int64_t row, int64_t column, Vec (&sums)[ROWS][VECTORS]) {
#pragma GCC unroll 3
    for (int v = 0; v < VECTORS; ++v) {
      const int64_t c = column + v * kLanes;
      const Lanes inside = lanes(columns - c);
#pragma GCC unroll 8
      for (int i = 0; i < ROWS; ++i) {
        float* place = output + (row + i) * columns + c;
        store(place, add(sums[i][v], load(place, inside)), inside);
      }
    }
  }
};

}  // namespace phenoprint::kernels::PHENOPRINT_ISA
