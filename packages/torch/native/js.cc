#include "js.h"

#include <cmath>
#include <cstdio>

namespace phenoprint {
namespace {

constexpr double kLargestSafe = 9007199254740991.0;  // Number.MAX_SAFE_INTEGER

std::string cannotBe(napi_env env, const char* wanted, napi_value value) {
  return std::string("must be ") + wanted + ", not " + describe(env, value);
}

}  // namespace

void failed(napi_env env, napi_status status) {
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  if (pending || status == napi_pending_exception) throw JavaScriptThrew{};
  const napi_extended_error_info* info = nullptr;
  napi_get_last_error_info(env, &info);
  const char* words = info && info->error_message ? info->error_message : "no further word";
  throw std::runtime_error("Node-API status " + std::to_string(status) + ": " + words);
}

napi_value makeUndefined(napi_env env) {
  napi_value result;
  check(env, napi_get_undefined(env, &result));
  return result;
}

napi_value makeNull(napi_env env) {
  napi_value result;
  check(env, napi_get_null(env, &result));
  return result;
}

napi_value makeBoolean(napi_env env, bool value) {
  napi_value result;
  check(env, napi_get_boolean(env, value, &result));
  return result;
}

napi_value makeNumber(napi_env env, double value) {
  napi_value result;
  check(env, napi_create_double(env, value, &result));
  return result;
}

napi_value makeInteger(napi_env env, int64_t value) {
  if (std::abs(static_cast<double>(value)) <= kLargestSafe) return makeNumber(env, static_cast<double>(value));
  napi_value result;
  check(env, napi_create_bigint_int64(env, value, &result));
  return result;
}

napi_value makeString(napi_env env, std::string_view value) {
  napi_value result;
  check(env, napi_create_string_utf8(env, value.data(), value.size(), &result));
  return result;
}

napi_value makeArray(napi_env env, size_t length) {
  napi_value result;
  check(env, napi_create_array_with_length(env, length, &result));
  return result;
}

napi_value makeIntegers(napi_env env, const int64_t* values, size_t count) {
  napi_value result = makeArray(env, count);
  for (size_t index = 0; index < count; ++index) setElement(env, result, index, makeInteger(env, values[index]));
  return result;
}

napi_value makeObject(napi_env env) {
  napi_value result;
  check(env, napi_create_object(env, &result));
  return result;
}

void setElement(napi_env env, napi_value array, size_t index, napi_value value) {
  check(env, napi_set_element(env, array, static_cast<uint32_t>(index), value));
}

void setProperty(napi_env env, napi_value object, const char* name, napi_value value) {
  check(env, napi_set_named_property(env, object, name, value));
}

napi_valuetype typeOf(napi_env env, napi_value value) {
  napi_valuetype type;
  check(env, napi_typeof(env, value, &type));
  return type;
}

std::string describe(napi_env env, napi_value value) {
  switch (typeOf(env, value)) {
    case napi_undefined: return "undefined";
    case napi_null: return "null";
    case napi_boolean: return readBoolean(env, value) ? "true" : "false";
    case napi_number: {
      char digits[32];
      std::snprintf(digits, sizeof digits, "%.15g", readNumber(env, value));
      return std::string("the number ") + digits;
    }
    case napi_string: return "the string \"" + readString(env, value) + "\"";
    case napi_symbol: return "a symbol";
    case napi_function: return "a function";
    case napi_external: return "an external value";
    case napi_bigint: return "a BigInt";
    case napi_object: break;
  }
  return isArray(env, value) ? "an array" : "an object of another kind";
}

bool isNullish(napi_env env, napi_value value) {
  const napi_valuetype type = typeOf(env, value);
  return type == napi_undefined || type == napi_null;
}

bool isArray(napi_env env, napi_value value) {
  bool result = false;
  check(env, napi_is_array(env, value, &result));
  return result;
}

bool readBoolean(napi_env env, napi_value value) {
  bool result = false;
  if (napi_get_value_bool(env, value, &result) != napi_ok) throw ArgumentError(cannotBe(env, "true or false", value));
  return result;
}

double readNumber(napi_env env, napi_value value) {
  double result = 0;
  if (napi_get_value_double(env, value, &result) == napi_ok) return result;
  int64_t whole = 0;
  bool exact = false;
  if (napi_get_value_bigint_int64(env, value, &whole, &exact) == napi_ok) return static_cast<double>(whole);
  throw ArgumentError(cannotBe(env, "a number", value));
}

int64_t readInteger(napi_env env, napi_value value) {
  double number = 0;
  if (napi_get_value_double(env, value, &number) == napi_ok) {
    if (number != std::trunc(number) || std::abs(number) > kLargestSafe) {
      throw ArgumentError(cannotBe(env, "a whole number below 2^53 (or a BigInt)", value));
    }
    return static_cast<int64_t>(number);
  }
  int64_t result = 0;
  bool exact = false;
  if (napi_get_value_bigint_int64(env, value, &result, &exact) == napi_ok) {
    if (!exact) throw ArgumentError("is a BigInt that does not fit into 64 bits");
    return result;
  }
  throw ArgumentError(cannotBe(env, "a whole number", value));
}

std::string readString(napi_env env, napi_value value) {
  size_t length = 0;
  if (napi_get_value_string_utf8(env, value, nullptr, 0, &length) != napi_ok) {
    throw ArgumentError(cannotBe(env, "a string", value));
  }
  std::string result(length, '\0');
  check(env, napi_get_value_string_utf8(env, value, result.data(), length + 1, &length));
  return result;
}

napi_value getProperty(napi_env env, napi_value object, const char* name) {
  napi_value result;
  check(env, napi_get_named_property(env, object, name, &result));
  return result;
}

bool hasProperty(napi_env env, napi_value object, const char* name) {
  bool result = false;
  check(env, napi_has_named_property(env, object, name, &result));
  return result;
}

std::vector<int64_t> readIntegers(napi_env env, napi_value list) {
  std::vector<int64_t> result;
  forEach(env, list, [&](napi_value element) { result.push_back(readInteger(env, element)); });
  return result;
}

}  // namespace phenoprint
