#pragma once
#include <node_api.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

// Node-API in C++: every failed status is an exception, every value has one reader and one maker.
namespace phenoprint {

/** JavaScript threw inside a Node-API call; the exception is pending and nothing is to be added. */
struct JavaScriptThrew {};

/** An argument from JavaScript that cannot be used. The words follow "argument <name>". */
struct ArgumentError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

[[noreturn]] void failed(napi_env env, napi_status status);
inline void check(napi_env env, napi_status status) {
  if (status != napi_ok) failed(env, status);
}

napi_value makeUndefined(napi_env env);
napi_value makeNull(napi_env env);
napi_value makeBoolean(napi_env env, bool value);
napi_value makeNumber(napi_env env, double value);
/** A number when it is exact as one, else a BigInt. */
napi_value makeInteger(napi_env env, int64_t value);
napi_value makeString(napi_env env, std::string_view value);
napi_value makeArray(napi_env env, size_t length);
napi_value makeIntegers(napi_env env, const int64_t* values, size_t count);
napi_value makeObject(napi_env env);
void setElement(napi_env env, napi_value array, size_t index, napi_value value);
void setProperty(napi_env env, napi_value object, const char* name, napi_value value);

napi_valuetype typeOf(napi_env env, napi_value value);
/** What a value is, for a message: `null`, `a string`, `an array`. */
std::string describe(napi_env env, napi_value value);
bool isNullish(napi_env env, napi_value value);
bool isArray(napi_env env, napi_value value);
bool readBoolean(napi_env env, napi_value value);
double readNumber(napi_env env, napi_value value);
/** A whole number, from a number or a BigInt. */
int64_t readInteger(napi_env env, napi_value value);
std::string readString(napi_env env, napi_value value);
napi_value getProperty(napi_env env, napi_value object, const char* name);
bool hasProperty(napi_env env, napi_value object, const char* name);

/** Calls `visit` with each element of an array or a typed array. */
template <class Visit>
void forEach(napi_env env, napi_value list, Visit visit) {
  uint32_t length = 0;
  bool typed = false;
  if (isArray(env, list)) {
    check(env, napi_get_array_length(env, list, &length));
  } else if (check(env, napi_is_typedarray(env, list, &typed)), typed) {
    size_t count = 0;
    check(env, napi_get_typedarray_info(env, list, nullptr, &count, nullptr, nullptr, nullptr));
    length = static_cast<uint32_t>(count);
  } else {
    throw ArgumentError("must be an array, not " + describe(env, list));
  }
  for (uint32_t index = 0; index < length; ++index) {
    napi_value element;
    check(env, napi_get_element(env, list, index, &element));
    visit(element);
  }
}

std::vector<int64_t> readIntegers(napi_env env, napi_value list);

}  // namespace phenoprint
