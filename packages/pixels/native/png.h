#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace phenoprint {

/// Decodes a PNG of 8 or 16 bits, not interlaced and without a palette, into planes. Every checksum is
/// verified.
///
/// @param samples which sample of each pixel, one a plane.
/// @param target `[plane, y, x]`, native byte order, `targetBytes` long.
/// @returns false for any other file, be it damaged or merely of another kind: the portable decoder
///   reads it or says what is wrong with it. The target may have been written to.
bool decodePng(std::span<const uint8_t> file, std::span<const uint32_t> samples, uint8_t* target, size_t targetBytes);

/// What the header of a grey PNG must say.
struct GreyPng {
  size_t width, height, sampleBytes;
};

/// Decodes a file of one sample a pixel, as above.
///
/// @param target `[y, x]`, as large as `expected` says.
/// @returns false also when there is no such file, or its header says something else.
bool decodeGreyPngFile(const char* path, const GreyPng& expected, uint8_t* target);

}  // namespace phenoprint
