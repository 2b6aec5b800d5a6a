#include "names.h"

#include <algorithm>
#include <iterator>

#include "js.h"

namespace phenoprint {
namespace {

// In the order of c10::ScalarType; an older libtorch has the first of them only.
constexpr const char* kDtypes[] = {
    "uint8",          "int8",          "int16",           "int32",           "int64",      "float16", "float32",
    "float64",        "complex32",     "complex64",       "complex128",      "bool",       "qint8",   "quint8",
    "qint32",         "bfloat16",      "quint4x2",        "quint2x4",        "bits1x8",    "bits2x4", "bits4x2",
    "bits8",          "bits16",        "float8_e5m2",     "float8_e4m3fn",   "float8_e5m2fnuz",
    "float8_e4m3fnuz", "uint16",       "uint32",          "uint64",          "uint1",      "uint2",   "uint3",
    "uint4",          "uint5",         "uint6",           "uint7",           "int1",       "int2",    "int3",
    "int4",           "int5",          "int6",            "int7",            "float8_e8m0fnu",
    "float4_e2m1fn_x2"};
constexpr size_t kKnownDtypes = std::min(std::size(kDtypes), static_cast<size_t>(c10::ScalarType::Undefined));

constexpr const char* kMemoryFormats[] = {"contiguous", "preserve", "channelsLast", "channelsLast3d"};
constexpr const char* kLayouts[] = {"strided",   "sparseCoo", "sparseCsr", "mkldnn",
                                    "sparseCsc", "sparseBsr", "sparseBsc", "jagged"};
constexpr const char* kQuantisations[] = {"perTensorAffine", "perChannelAffine", "perTensorSymmetric",
                                          "perChannelSymmetric", "perChannelAffineFloatQparams"};

static_assert(static_cast<int>(c10::ScalarType::BFloat16) == 15 && static_cast<int>(c10::ScalarType::UInt64) == 29);
static_assert(static_cast<int>(c10::MemoryFormat::ChannelsLast3d) == 3 && static_cast<int>(c10::Layout::Jagged) == 7);

size_t find(const char* const* names, size_t count, std::string_view name) {
  const auto* end = names + count;
  const auto* found = std::find(names, end, name);
  if (found != end) return static_cast<size_t>(found - names);
  std::string known;
  for (const auto* each = names; each != end; ++each) known += (known.empty() ? "" : ", ") + std::string(*each);
  throw ArgumentError("must be one of " + known + ", not the string \"" + std::string(name) + "\"");
}

}  // namespace

std::string dtypeName(c10::ScalarType type) {
  const auto index = static_cast<size_t>(type);
  return index < kKnownDtypes ? kDtypes[index] : c10::toString(type);
}

c10::ScalarType dtypeOf(std::string_view name) {
  return static_cast<c10::ScalarType>(find(kDtypes, kKnownDtypes, name));
}

std::vector<std::string> dtypeNames() { return {kDtypes, kDtypes + kKnownDtypes}; }

c10::MemoryFormat memoryFormatOf(std::string_view name) {
  return static_cast<c10::MemoryFormat>(find(kMemoryFormats, std::size(kMemoryFormats), name));
}

c10::Layout layoutOf(std::string_view name) {
  if (name == "sparse") return c10::Layout::Sparse;
  return static_cast<c10::Layout>(find(kLayouts, std::size(kLayouts), name));
}

c10::QScheme quantisationOf(std::string_view name) {
  return static_cast<c10::QScheme>(find(kQuantisations, std::size(kQuantisations), name));
}

}  // namespace phenoprint
