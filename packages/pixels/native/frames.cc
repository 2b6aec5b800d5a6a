#include "frames.h"

#include <zstd.h>

#include <memory>

namespace phenoprint {
namespace {

constexpr int level = 1;

/// A thread's own contexts: making one takes longer than a tile.
ZSTD_CCtx* compressor() {
  thread_local std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(), ZSTD_freeCCtx);
  return context.get();
}
ZSTD_DCtx* decompressor() {
  thread_local std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(), ZSTD_freeDCtx);
  return context.get();
}

}  // namespace

size_t longestFrame(size_t bytes) { return ZSTD_compressBound(bytes); }

double writeFrame(std::span<const uint8_t> content, std::span<uint8_t> target) {
  if (compressor() == nullptr) return -1;
  const size_t length =
      ZSTD_compressCCtx(compressor(), target.data(), target.size(), content.data(), content.size(), level);
  return ZSTD_isError(length) ? -1 : double(length);
}

bool readFrame(std::span<const uint8_t> frame, std::span<uint8_t> target) {
  if (decompressor() == nullptr) return false;
  if (ZSTD_getFrameContentSize(frame.data(), frame.size()) != target.size()) return false;
  return ZSTD_decompressDCtx(decompressor(), target.data(), target.size(), frame.data(), frame.size()) == target.size();
}

}  // namespace phenoprint
