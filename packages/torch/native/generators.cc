#include <ATen/Context.h>
#include <ATen/Functions.h>
#include <ATen/core/Generator.h>

#include <cstring>
#include <mutex>

#include "exports.h"
#include "guard.h"
#include "tensor_handle.h"

namespace phenoprint {
namespace {

void finalise(napi_env, void* data, void*) {
  const std::unique_ptr<GeneratorHandle> handle(static_cast<GeneratorHandle*>(data));
  handle->environment->forget(handle->environment->generators, handle.get());
}

uint64_t readSeed(napi_env env, napi_value value) {
  uint64_t seed = 0;
  bool exact = false;
  if (napi_get_value_bigint_uint64(env, value, &seed, &exact) == napi_ok) {
    if (!exact) throw ArgumentError("\"seed\" must be at least 0 and fit into 64 bits");
    return seed;
  }
  const int64_t whole = readInteger(env, value);
  if (whole < 0) throw ArgumentError("\"seed\" must not be negative");
  return static_cast<uint64_t>(whole);
}

/** The default generator of a device ("cpu", "cuda:1"), or the one in a Generator. */
at::Generator readGenerator(napi_env env, napi_value value) {
  if (typeOf(env, value) == napi_string) return at::globalContext().defaultGenerator(c10::Device(readString(env, value)));
  void* data = nullptr;
  if (napi_unwrap(env, value, &data) != napi_ok || Environment::of(env).generators.count(data) == 0) {
    throw ArgumentError("must be a device or a Generator of this thread, not " + describe(env, value));
  }
  return static_cast<GeneratorHandle*>(data)->generator;
}

/** manualSeed(seed): the default generators of the cpu and of every accelerator. */
napi_value manualSeed(const Call& call) {
  at::manual_seed(readSeed(call.env, call[0]));
  return makeUndefined(call.env);
}

/** attachGenerator(object, device, seed): gives a JavaScript object a new generator. */
napi_value attachGenerator(const Call& call) {
  at::Generator generator = readGenerator(call.env, call[1]).clone();
  generator.set_current_seed(readSeed(call.env, call[2]));
  Environment& environment = call.environment();
  auto handle = std::make_unique<GeneratorHandle>(GeneratorHandle{std::move(generator), &environment});
  check(call.env, napi_wrap(call.env, call[0], handle.get(), finalise, nullptr, nullptr));
  environment.generators.insert(handle.release());
  return call[0];
}

/** generatorState(device | generator): its whole state, in libtorch's own bytes. */
napi_value generatorState(const Call& call) {
  at::Generator generator = readGenerator(call.env, call[0]);
  at::Tensor state;
  {
    const std::lock_guard<std::mutex> lock(generator.mutex());
    state = generator.get_state();
  }
  void* data = nullptr;
  napi_value buffer, result;
  check(call.env, napi_create_arraybuffer(call.env, state.nbytes(), &data, &buffer));
  std::memcpy(data, state.const_data_ptr(), state.nbytes());
  check(call.env, napi_create_typedarray(call.env, napi_uint8_array, state.nbytes(), buffer, 0, &result));
  return result;
}

/** setGeneratorState(device | generator, bytes) */
napi_value setGeneratorState(const Call& call) {
  at::Generator generator = readGenerator(call.env, call[0]);
  napi_typedarray_type type;
  size_t length = 0;
  void* data = nullptr;
  if (napi_get_typedarray_info(call.env, call[1], &type, &length, &data, nullptr, nullptr) != napi_ok || type != napi_uint8_array) {
    throw ArgumentError("\"state\" must be the Uint8Array of generatorState(), not " + describe(call.env, call[1]));
  }
  const at::Tensor state = at::empty({static_cast<int64_t>(length)}, at::TensorOptions(at::kByte));
  if (length > 0) std::memcpy(state.mutable_data_ptr(), data, length);
  const std::lock_guard<std::mutex> lock(generator.mutex());
  generator.set_state(state);
  return makeUndefined(call.env);
}

}  // namespace

void exportGenerators(napi_env env, napi_value exports) {
  exportFunction<manualSeed>(env, exports, "manualSeed");
  exportFunction<attachGenerator>(env, exports, "attachGenerator");
  exportFunction<generatorState>(env, exports, "generatorState");
  exportFunction<setGeneratorState>(env, exports, "setGeneratorState");
}

}  // namespace phenoprint
