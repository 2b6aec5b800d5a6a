#pragma once
#include <node_api.h>

// Each source with functions for JavaScript puts them on the addon's exports.
namespace phenoprint {

void exportCall(napi_env env, napi_value exports);
void exportSchemas(napi_env env, napi_value exports);
void exportTensorFacts(napi_env env, napi_value exports);
void exportTensorData(napi_env env, napi_value exports);
void exportScopes(napi_env env, napi_value exports);
void exportAutograd(napi_env env, napi_value exports);
void exportModes(napi_env env, napi_value exports);
void exportGenerators(napi_env env, napi_value exports);
void exportMemory(napi_env env, napi_value exports);
void exportEngine(napi_env env, napi_value exports);
/** Where the build found Gloo's headers. */
void exportRanks(napi_env env, napi_value exports);

}  // namespace phenoprint
