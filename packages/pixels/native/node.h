#pragma once
#include <node_api.h>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace phenoprint {

/// A typed array that JavaScript gave.
struct Array {
  napi_typedarray_type type;
  uint8_t* data;
  size_t length, bytes;
  std::span<uint8_t> asBytes() const { return {data, bytes}; }
};

/// The arguments of a call; a wrong one throws in JavaScript and sets `failed`.
class Arguments {
 public:
  Arguments(napi_env env, napi_callback_info info, size_t count);
  Array array(size_t index);
  std::vector<double> numbers(size_t index);
  double number(size_t index);
  std::string text(size_t index);
  napi_value value(size_t index) const { return values_[index]; }
  bool failed() const { return failed_; }

 private:
  void fail(size_t index, const char* expected);
  napi_env env_;
  std::vector<napi_value> values_;
  bool failed_ = false;
};

/// Does work on one of Node's threads. The arguments stay alive until then.
///
/// @param work gives a number; it touches nothing of JavaScript's but the bytes of the arguments.
/// @returns a promise of that number, -1 when memory ran out.
napi_value promised(napi_env env, const char* name, const std::vector<napi_value>& arguments,
                    std::function<double()> work);

}  // namespace phenoprint
