#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "environment.h"
#include "js.h"

namespace phenoprint {

/** What a TorchError has besides its message; every field but the kind may be empty. */
struct Fault {
  /** engine | argument | disposed | memory | operator | ranks */
  std::string kind;
  std::string message;
  std::string op;
  std::string argument;
  std::vector<std::pair<std::string, std::vector<int64_t>>> shapes;
};

/** Throws, in C++, a fault that reaches JavaScript as a TorchError with these fields. */
[[noreturn]] void raise(Fault fault);

/** The words and the kind of the C++ exception that is being handled. */
Fault currentFault();

/** The TorchError of a fault. */
napi_value makeError(napi_env env, const Fault& fault);

/** Throws the C++ exception that is being handled into JavaScript. */
void throwIntoJavaScript(napi_env env) noexcept;

/** One call from JavaScript. */
class Call {
 public:
  Call(napi_env env, napi_callback_info info) : env(env) {
    size_t count = kInline;
    check(env, napi_get_cb_info(env, info, &count, inline_, &self, &data));
    size_ = count;
    if (count > kInline) {
      more_.resize(count);
      check(env, napi_get_cb_info(env, info, &count, more_.data(), nullptr, nullptr));
    }
  }

  const napi_env env;
  napi_value self = nullptr;
  void* data = nullptr;

  size_t size() const { return size_; }
  const napi_value* arguments() const { return more_.empty() ? inline_ : more_.data(); }
  bool has(size_t index) const { return index < size_ && !isNullish(env, arguments()[index]); }
  napi_value operator[](size_t index) const {
    if (index >= size_) throw ArgumentError(std::to_string(index + 1) + " is missing");
    return arguments()[index];
  }
  Environment& environment() const { return Environment::of(env); }

 private:
  static constexpr size_t kInline = 16;
  napi_value inline_[kInline];
  std::vector<napi_value> more_;
  size_t size_ = 0;
};

using CallBody = napi_value (*)(const Call&);

/** The one guard: no C++ exception leaves it, each becomes one TorchError. */
template <CallBody body>
napi_value guarded(napi_env env, napi_callback_info info) {
  try {
    return body(Call(env, info));
  } catch (...) {
    throwIntoJavaScript(env);
    return nullptr;
  }
}

/** Puts a guarded function on the addon's exports. */
template <CallBody body>
void exportFunction(napi_env env, napi_value exports, const char* name) {
  napi_value function;
  check(env, napi_create_function(env, name, NAPI_AUTO_LENGTH, guarded<body>, nullptr, &function));
  setProperty(env, exports, name, function);
}

}  // namespace phenoprint
