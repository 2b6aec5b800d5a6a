#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <torch/version.h>

#include "exports.h"
#include "guard.h"

namespace phenoprint {
namespace {

/** engine(): { version, cpuCapability, cuda, devices } */
napi_value engine(const Call& call) {
  const size_t accelerators = at::hasCUDA() ? at::detail::getCUDAHooks().getNumGPUs() : 0;
  napi_value devices = makeArray(call.env, accelerators + 1);
  setElement(call.env, devices, 0, makeString(call.env, "cpu"));
  for (size_t index = 0; index < accelerators; ++index) {
    setElement(call.env, devices, index + 1, makeString(call.env, "cuda:" + std::to_string(index)));
  }
  napi_value result = makeObject(call.env);
  setProperty(call.env, result, "version", makeString(call.env, TORCH_VERSION));
  setProperty(call.env, result, "cpuCapability", makeString(call.env, at::get_cpu_capability()));
  setProperty(call.env, result, "cuda", makeBoolean(call.env, accelerators > 0));
  setProperty(call.env, result, "devices", devices);
  return result;
}

/** setThreads(count): of this thread's operators. */
napi_value setThreads(const Call& call) {
  const int64_t count = readInteger(call.env, call[0]);
  if (count < 1 || count > 4096) throw ArgumentError("\"threads\" must be from 1 to 4096, not " + std::to_string(count));
  at::set_num_threads(static_cast<int>(count));
  return makeUndefined(call.env);
}

napi_value threads(const Call& call) { return makeNumber(call.env, at::get_num_threads()); }

napi_value isDeterministic(const Call& call) {
  return makeBoolean(call.env, at::globalContext().deterministicAlgorithms());
}

/** setDeterministic(only): operators without a deterministic algorithm throw; of the whole process. */
napi_value setDeterministic(const Call& call) {
  const bool only = readBoolean(call.env, call[0]);
  at::globalContext().setDeterministicAlgorithms(only, false);
  at::globalContext().setDeterministicCuDNN(only);
  return makeUndefined(call.env);
}

}  // namespace

void exportEngine(napi_env env, napi_value exports) {
  exportFunction<engine>(env, exports, "engine");
  exportFunction<setThreads>(env, exports, "setThreads");
  exportFunction<threads>(env, exports, "threads");
  exportFunction<isDeterministic>(env, exports, "isDeterministic");
  exportFunction<setDeterministic>(env, exports, "setDeterministic");
}

}  // namespace phenoprint
