#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace phenoprint {

/// The longest zstd frame that so many bytes can become.
size_t longestFrame(size_t bytes);

/// Bytes as one zstd frame (RFC 8878), level 1, content size given.
/// @returns its length, or -1 when memory is short.
double writeFrame(std::span<const uint8_t> content, std::span<uint8_t> target);

/// @returns whether the frame's content is exactly as long as the target, and now lies there.
bool readFrame(std::span<const uint8_t> frame, std::span<uint8_t> target);

}  // namespace phenoprint
