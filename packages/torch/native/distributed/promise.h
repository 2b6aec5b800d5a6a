#pragma once
#include <functional>

#include "js.h"

namespace phenoprint {

/** Does work on a thread of Node's pool; a promise of its number, or of the fault that it threw. */
napi_value promiseOf(napi_env env, const char* name, std::function<double()> work);

}  // namespace phenoprint
