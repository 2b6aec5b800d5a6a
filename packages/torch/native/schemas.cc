#include <ATen/core/dispatch/Dispatcher.h>

#include <sstream>

#include "convert.h"
#include "exports.h"
#include "guard.h"

namespace phenoprint {
namespace {

napi_value dumpArgument(napi_env env, const c10::Argument& argument) {
  napi_value result = makeObject(env);
  setProperty(env, result, "name", makeString(env, argument.name()));
  setProperty(env, result, "type", makeString(env, argument.real_type()->str()));
  setProperty(env, result, "keywordOnly", makeBoolean(env, argument.kwarg_only()));
  setProperty(env, result, "written", makeBoolean(env, argument.alias_info() != nullptr && argument.alias_info()->isWrite()));
  setProperty(env, result, "expressible", makeBoolean(env, isExpressible(*argument.real_type())));
  if (argument.N()) setProperty(env, result, "length", makeNumber(env, *argument.N()));
  if (argument.default_value()) {
    std::ostringstream value;
    value << *argument.default_value();
    setProperty(env, result, "defaultValue", makeString(env, value.str()));
  }
  return result;
}

napi_value dumpArguments(napi_env env, const std::vector<c10::Argument>& arguments) {
  napi_value result = makeArray(env, arguments.size());
  for (size_t index = 0; index < arguments.size(); ++index) setElement(env, result, index, dumpArgument(env, arguments[index]));
  return result;
}

napi_value dumpSchema(napi_env env, const c10::FunctionSchema& schema) {
  std::ostringstream text;
  text << schema;
  napi_value result = makeObject(env);
  setProperty(env, result, "name", makeString(env, schema.name()));
  setProperty(env, result, "overload", makeString(env, schema.overload_name()));
  setProperty(env, result, "text", makeString(env, text.str()));
  setProperty(env, result, "parameters", dumpArguments(env, schema.arguments()));
  setProperty(env, result, "results", dumpArguments(env, schema.returns()));
  return result;
}

/** schemas(): every operator that has a schema. */
napi_value schemas(const Call& call) {
  napi_value result = makeArray(call.env, 0);
  size_t count = 0;
  for (const c10::OperatorName& name : c10::Dispatcher::singleton().getAllOpNames()) {
    const auto handle = c10::Dispatcher::singleton().findSchema(name);
    if (!handle) continue;
    napi_handle_scope scope;
    check(call.env, napi_open_handle_scope(call.env, &scope));
    setElement(call.env, result, count++, dumpSchema(call.env, handle->schema()));
    check(call.env, napi_close_handle_scope(call.env, scope));
  }
  return result;
}

}  // namespace

void exportSchemas(napi_env env, napi_value exports) { exportFunction<schemas>(env, exports, "schemas"); }

}  // namespace phenoprint
