#pragma once
#include <cstdint>
#include <span>

namespace phenoprint {

/// CRC-32C (Castagnoli; RFC 3720, appendix B.4), with the processor's own instruction where it has one.
uint32_t crc32c(std::span<const uint8_t> bytes);

}  // namespace phenoprint
