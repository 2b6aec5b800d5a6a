// A program by itself, for `npm run fuzz`: makes PNGs and zstd frames, damages them, and has them read.
// The sanitisers it is compiled with see what is touched that should not be.
#include <libdeflate.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <vector>

#include "crc32c.h"
#include "frames.h"
#include "png.h"

namespace {

using Bytes = std::vector<uint8_t>;
std::mt19937_64 generator;

size_t below(size_t bound) { return bound == 0 ? 0 : generator() % bound; }

Bytes noise(size_t size) {
  Bytes bytes(size);
  for (uint8_t& byte : bytes) byte = uint8_t(generator());
  return bytes;
}

void append32(Bytes& to, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) to.push_back(uint8_t(value >> shift));
}

void appendChunk(Bytes& to, const char* type, const Bytes& data) {
  append32(to, uint32_t(data.size()));
  const size_t start = to.size();
  to.insert(to.end(), type, type + 4);
  to.insert(to.end(), data.begin(), data.end());
  append32(to, libdeflate_crc32(0, to.data() + start, to.size() - start));
}

Bytes deflated(const Bytes& rows) {
  libdeflate_compressor* compressor = libdeflate_alloc_compressor(1);
  Bytes out(libdeflate_zlib_compress_bound(compressor, rows.size()));
  out.resize(libdeflate_zlib_compress(compressor, rows.data(), rows.size(), out.data(), out.size()));
  libdeflate_free_compressor(compressor);
  return out;
}

/// Changes, repeats, drops or adds a few bytes.
void damage(Bytes& bytes) {
  for (size_t times = below(4) + 1; times > 0 && !bytes.empty(); times--) {
    const size_t at = below(bytes.size());
    const size_t count = below(std::min<size_t>(16, bytes.size() - at)) + 1;
    switch (below(5)) {
      case 0: bytes[at] ^= uint8_t(1 << below(8)); break;
      case 1: bytes[at] = uint8_t(below(2) == 0 ? 0xff : generator()); break;
      case 2: bytes.erase(bytes.begin() + ptrdiff_t(at), bytes.begin() + ptrdiff_t(at + count)); break;
      case 3: {
        const Bytes copy(bytes.begin() + ptrdiff_t(at), bytes.begin() + ptrdiff_t(at + count));
        bytes.insert(bytes.begin() + ptrdiff_t(below(bytes.size())), copy.begin(), copy.end());
        break;
      }
      default: bytes.resize(at);
    }
  }
}

bool oneIn(size_t chances) { return below(chances) == 0; }

/// Checksums are right unless damage comes last: what lies behind them is reached.
bool readSomePng() {
  const size_t width = below(40) + 1, height = below(20) + 1, depth = oneIn(2) ? 8 : 16;
  const int colours[] = {0, 2, 4, 6}, samplesOf[] = {1, 3, 2, 4};
  const size_t kind = below(4), samples = size_t(samplesOf[kind]);
  Bytes rows = noise((width * samples * depth / 8 + 1) * height);
  for (size_t y = 0; y < height; y++) rows[y * (rows.size() / height)] = uint8_t(below(oneIn(20) ? 256 : 5));
  if (oneIn(8)) damage(rows);
  Bytes header, pixels = deflated(rows);
  append32(header, uint32_t(width));
  append32(header, uint32_t(height));
  header.insert(header.end(), {uint8_t(depth), uint8_t(colours[kind]), 0, 0, 0});
  if (oneIn(6)) damage(header);
  if (oneIn(6)) damage(pixels);
  Bytes file = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  appendChunk(file, "IHDR", header);
  if (oneIn(4)) appendChunk(file, oneIn(4) ? "ABCD" : "tEXt", noise(below(30)));
  const ptrdiff_t cut = ptrdiff_t(below(pixels.size() + 1));
  appendChunk(file, "IDAT", Bytes(pixels.begin(), pixels.begin() + cut));
  appendChunk(file, "IDAT", Bytes(pixels.begin() + cut, pixels.end()));
  appendChunk(file, "IEND", {});
  if (oneIn(4)) damage(file);
  // Exactly as large as it is, so that one byte too far is seen.
  const Bytes exact(file);
  const uint32_t wanted[] = {uint32_t(below(samples)), uint32_t(below(5))};
  const size_t planes = below(2) + 1, size = width * height * depth / 8 * planes;
  Bytes target(oneIn(6) ? below(size + 1) : size);
  return phenoprint::decodePng(exact, std::span(wanted, planes), target.data(), target.size());
}

/// Ends the program where a frame that nothing happened to does not come back.
bool readSomeFrame() {
  Bytes content = noise(below(3000));
  for (uint8_t& byte : content) byte &= 7;
  Bytes frame(phenoprint::longestFrame(content.size()));
  const double length = phenoprint::writeFrame(content, frame);
  if (length < 0) std::abort();
  frame.resize(size_t(length));
  const uint32_t sum = phenoprint::crc32c(frame);
  const bool whole = oneIn(4);
  if (!whole) damage(frame);
  if (whole && phenoprint::crc32c(frame) != sum) std::abort();
  const Bytes exact(frame);
  Bytes target(whole || !oneIn(4) ? content.size() : below(4000));
  const bool read = phenoprint::readFrame(exact, target);
  if (whole && (!read || target != content)) std::abort();
  return read;
}

}  // namespace

/// fuzz SECONDS SEED
int main(int count, char** words) {
  if (count != 3) return 2;
  generator.seed(std::strtoull(words[2], nullptr, 10));
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(std::atol(words[1]));
  size_t files = 0, read = 0;
  while (std::chrono::steady_clock::now() < end) {
    read += readSomePng();
    read += readSomeFrame();
    files += 2;
  }
  std::printf("%zu PNGs and frames, %zu of them read\n", files, read);
  return read > 0 && read < files ? 0 : 1;
}
