#include "png.h"

#include <fcntl.h>
#include <libdeflate.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <vector>

#include "unfilter.h"

namespace phenoprint {
namespace {

constexpr uint8_t signature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
/// Memory that a thread keeps for its next image.
constexpr size_t keptBytes = 16 << 20;

uint32_t bigEndian(const uint8_t* at) {
  return uint32_t(at[0]) << 24 | uint32_t(at[1]) << 16 | uint32_t(at[2]) << 8 | at[3];
}

struct Header {
  size_t width = 0, height = 0, samples = 0, sampleBytes = 0;
  size_t pixelBytes() const { return samples * sampleBytes; }
  size_t rowBytes() const { return width * pixelBytes(); }
};

/// The header, where it is of a kind that is decoded here.
std::optional<Header> readHeader(const uint8_t* data, size_t length) {
  if (length != 13) return std::nullopt;
  const size_t width = bigEndian(data), height = bigEndian(data + 4);
  const int depth = data[8], colour = data[9];
  const bool plain = data[10] == 0 && data[11] == 0 && data[12] == 0;
  if (!plain || width == 0 || height == 0 || width > INT32_MAX || height > INT32_MAX) return std::nullopt;
  if (depth != 8 && depth != 16) return std::nullopt;
  const size_t samples = colour == 0 ? 1 : colour == 2 ? 3 : colour == 4 ? 2 : colour == 6 ? 4 : 0;
  if (samples == 0) return std::nullopt;
  return Header{width, height, samples, size_t(depth / 8)};
}

struct Chunks {
  Header header;
  /// The compressed pixels: in the file where one chunk holds them, else put together.
  std::span<const uint8_t> compressed;
  std::vector<uint8_t> joined;
};

/// Walks the chunks; false where they are not in the order, or not whole, as the standard has it.
bool readChunks(std::span<const uint8_t> file, Chunks& chunks) {
  if (file.size() < sizeof signature || std::memcmp(file.data(), signature, sizeof signature) != 0) return false;
  bool hasHeader = false, pixelsEnded = false;
  size_t pieces = 0;
  for (size_t at = sizeof signature; at + 12 <= file.size();) {
    const uint8_t* chunk = file.data() + at;
    const size_t length = bigEndian(chunk);
    if (length > file.size() - at - 12) return false;
    if (libdeflate_crc32(0, chunk + 4, length + 4) != bigEndian(chunk + 8 + length)) return false;
    const uint8_t* data = chunk + 8;
    const auto is = [chunk](const char* type) { return std::memcmp(chunk + 4, type, 4) == 0; };
    if (!hasHeader) {
      const auto header = is("IHDR") ? readHeader(data, length) : std::nullopt;
      if (!header) return false;
      chunks.header = *header;
      hasHeader = true;
    } else if (is("IDAT")) {
      if (pixelsEnded) return false;
      if (pieces == 0) chunks.compressed = {data, length};
      if (pieces == 1) chunks.joined.assign(chunks.compressed.begin(), chunks.compressed.end());
      if (pieces > 0) chunks.joined.insert(chunks.joined.end(), data, data + length);
      pieces++;
    } else if (is("IEND")) {
      if (pieces > 1) chunks.compressed = chunks.joined;
      return pieces > 0;
    } else {
      pixelsEnded = pieces > 0;
      const bool mayBeSkipped = (chunk[4] & 0x20) != 0 || is("PLTE");
      if (!mayBeSkipped) return false;
    }
    at += 12 + length;
  }
  return false;
}

struct FreeDecompressor {
  void operator()(libdeflate_decompressor* one) const { libdeflate_free_decompressor(one); }
};

bool inflate(std::span<const uint8_t> compressed, std::vector<uint8_t>& rows) {
  thread_local std::unique_ptr<libdeflate_decompressor, FreeDecompressor> decompressor(libdeflate_alloc_decompressor());
  if (!decompressor) return false;
  // Without a place for the true size, anything shorter or longer is an error.
  return libdeflate_zlib_decompress(decompressor.get(), compressed.data(), compressed.size(), rows.data(), rows.size(),
                                    nullptr) == LIBDEFLATE_SUCCESS;
}

/// One sample of each pixel, 16 bits turned from big endian.
void copyPlane(const Header& header, const uint8_t* pixels, size_t sample, uint8_t* plane) {
  const size_t count = header.width * header.height;
  const size_t step = header.pixelBytes();
  const uint8_t* from = pixels + sample * header.sampleBytes;
  if (header.sampleBytes == 1) {
    for (size_t i = 0; i < count; i++) plane[i] = from[i * step];
    return;
  }
  for (size_t i = 0; i < count; i++) {
    const uint16_t value = uint16_t(from[i * step] << 8 | from[i * step + 1]);
    std::memcpy(plane + 2 * i, &value, 2);
  }
}

/// A thread's memory for the next image; a very large one is not kept.
struct Scratch {
  std::vector<uint8_t> bytes;
  uint8_t* ofSize(size_t size) {
    bytes.resize(size);
    return bytes.data();
  }
  void release() {
    if (bytes.capacity() > keptBytes) std::vector<uint8_t>().swap(bytes);
  }
};

/// Decodes what was walked.
bool decodeChunks(const Chunks& chunks, std::span<const uint32_t> samples, uint8_t* target, size_t targetBytes) {
  thread_local Scratch rows, pixels;
  const Header& header = chunks.header;
  const size_t planeBytes = header.width * header.height * header.sampleBytes;
  if (planeBytes / header.sampleBytes / header.width != header.height) return false;
  if (samples.empty() || targetBytes / samples.size() < planeBytes) return false;
  for (uint32_t sample : samples) {
    if (sample >= header.samples) return false;
  }
  // Deflate makes of one byte 1,032 at most: a header that announces more is not believed.
  const size_t rowsBytes = (header.rowBytes() + 1) * header.height;
  if (rowsBytes / 1032 > chunks.compressed.size()) return false;

  rows.ofSize(rowsBytes);
  const bool direct = header.pixelBytes() == 1;
  bool done = inflate(chunks.compressed, rows.bytes);
  if (done) {
    uint8_t* out = direct ? target : pixels.ofSize(header.rowBytes() * header.height);
    done = unfilter(rows.bytes.data(), header.rowBytes(), header.height, header.pixelBytes(), out);
  }
  for (size_t plane = 0; done && plane < samples.size(); plane++) {
    if (!direct) copyPlane(header, pixels.bytes.data(), samples[plane], target + plane * planeBytes);
    else if (plane > 0) std::memcpy(target + plane * planeBytes, target, planeBytes);
  }
  rows.release();
  pixels.release();
  return done;
}

/// A whole file, or nothing.
bool readFile(const char* path, std::vector<uint8_t>& bytes) {
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  struct stat facts;
  bool whole = fstat(file, &facts) == 0 && S_ISREG(facts.st_mode) && facts.st_size <= off_t(keptBytes);
  if (whole) bytes.resize(size_t(facts.st_size));
  for (size_t done = 0; whole && done < bytes.size();) {
    const ssize_t got = read(file, bytes.data() + done, bytes.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) whole = false;
    else done += size_t(got);
  }
  close(file);
  return whole;
}

}  // namespace

bool decodePng(std::span<const uint8_t> file, std::span<const uint32_t> samples, uint8_t* target, size_t targetBytes) {
  Chunks chunks;
  return readChunks(file, chunks) && decodeChunks(chunks, samples, target, targetBytes);
}

bool decodeGreyPngFile(const char* path, const GreyPng& expected, uint8_t* target) {
  thread_local std::vector<uint8_t> bytes;
  Chunks chunks;
  if (!readFile(path, bytes) || !readChunks(bytes, chunks)) return false;
  const auto& [width, height, samples, sampleBytes] = chunks.header;
  if (width != expected.width || height != expected.height || samples != 1 || sampleBytes != expected.sampleBytes)
    return false;
  return decodeChunks(chunks, std::array<uint32_t, 1>{0}, target, width * height * sampleBytes);
}

}  // namespace phenoprint
