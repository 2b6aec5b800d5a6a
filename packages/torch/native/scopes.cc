#include "exports.h"
#include "guard.h"
#include "tensor_handle.h"

namespace phenoprint {
namespace {

/** beginScope(): the depth to end it with. */
napi_value begin(const Call& call) { return makeNumber(call.env, static_cast<double>(beginScope(call.environment()))); }

/** endScope(depth, returned): frees all that was made since, but the Tensors in `returned`. */
napi_value end(const Call& call) {
  std::vector<TensorHandle*> returned;
  forEach(call.env, call[1], [&](napi_value element) {
    if (TensorHandle* handle = findTensor(call.env, element)) returned.push_back(handle);
  });
  endScope(call.environment(), static_cast<size_t>(readInteger(call.env, call[0])), returned);
  return makeUndefined(call.env);
}

TensorHandle& handleOf(const Call& call) {
  TensorHandle* handle = findTensor(call.env, call[0]);
  if (handle == nullptr) throw ArgumentError("must be a Tensor of this thread, not " + describe(call.env, call[0]));
  return *handle;
}

napi_value dispose(const Call& call) {
  disposeTensor(handleOf(call));
  return makeUndefined(call.env);
}

napi_value keep(const Call& call) {
  unwrapTensor(call.env, call[0]);
  keepTensor(handleOf(call));
  return call[0];
}

/** live(): the tensors that this thread holds, and the bytes of their storages, each counted once. */
napi_value live(const Call& call) {
  size_t tensors = 0;
  double bytes = 0;
  std::unordered_set<const void*> storages;
  for (const void* pointer : call.environment().tensors) {
    const at::Tensor& tensor = static_cast<const TensorHandle*>(pointer)->tensor;
    if (!tensor.defined()) continue;
    ++tensors;
    if (!tensor.has_storage()) continue;
    if (storages.insert(tensor.storage().unsafeGetStorageImpl()).second) bytes += static_cast<double>(tensor.storage().nbytes());
  }
  napi_value result = makeObject(call.env);
  setProperty(call.env, result, "tensors", makeNumber(call.env, static_cast<double>(tensors)));
  setProperty(call.env, result, "bytes", makeNumber(call.env, bytes));
  return result;
}

}  // namespace

void exportScopes(napi_env env, napi_value exports) {
  exportFunction<begin>(env, exports, "beginScope");
  exportFunction<end>(env, exports, "endScope");
  exportFunction<dispose>(env, exports, "dispose");
  exportFunction<keep>(env, exports, "keep");
  exportFunction<live>(env, exports, "live");
}

}  // namespace phenoprint
