#include "exports.h"
#include "guard.h"

namespace phenoprint {
namespace {

void keepClass(const Call& call, napi_ref& kept) {
  if (kept != nullptr) check(call.env, napi_delete_reference(call.env, kept));
  check(call.env, napi_create_reference(call.env, call[0], 1, &kept));
}

/** installError(TorchError): what faults are made of; the first call of all. */
napi_value installError(const Call& call) {
  keepClass(call, call.environment().errorClass);
  return makeUndefined(call.env);
}

/** installTensor(Tensor): what results are made of. */
napi_value installTensor(const Call& call) {
  keepClass(call, call.environment().tensorClass);
  return makeUndefined(call.env);
}

}  // namespace
}  // namespace phenoprint

NAPI_MODULE_INIT() {
  using namespace phenoprint;
  try {
    Environment::install(env);
    exportFunction<installError>(env, exports, "installError");
    exportFunction<installTensor>(env, exports, "installTensor");
    for (const auto exportOne : {exportCall, exportSchemas, exportTensorFacts, exportTensorData, exportScopes, exportAutograd,
                                 exportModes, exportGenerators, exportMemory, exportEngine}) {
      exportOne(env, exports);
    }
#ifdef PHENOPRINT_RANKS
    exportRanks(env, exports);
#endif
  } catch (...) {
    napi_throw_error(env, "TORCH", "the torch addon could not be set up");
  }
  return exports;
}
