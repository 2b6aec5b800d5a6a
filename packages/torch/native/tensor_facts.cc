#include "exports.h"
#include "guard.h"
#include "names.h"
#include "tensor_handle.h"

// What a tensor is, without reading its values. Each takes the Tensor first.
namespace phenoprint {
namespace {

napi_value shape(const Call& call) {
  const at::Tensor& tensor = unwrapTensor(call.env, call[0]);
  return makeIntegers(call.env, tensor.sizes().data(), tensor.sizes().size());
}

napi_value strides(const Call& call) {
  const at::Tensor& tensor = unwrapTensor(call.env, call[0]);
  return makeIntegers(call.env, tensor.strides().data(), tensor.strides().size());
}

napi_value dtype(const Call& call) { return makeString(call.env, dtypeName(unwrapTensor(call.env, call[0]).scalar_type())); }

napi_value device(const Call& call) { return makeString(call.env, unwrapTensor(call.env, call[0]).device().str()); }

napi_value dimensions(const Call& call) {
  return makeNumber(call.env, static_cast<double>(unwrapTensor(call.env, call[0]).dim()));
}

napi_value elements(const Call& call) {
  return makeNumber(call.env, static_cast<double>(unwrapTensor(call.env, call[0]).numel()));
}

napi_value bytes(const Call& call) {
  return makeNumber(call.env, static_cast<double>(unwrapTensor(call.env, call[0]).nbytes()));
}

napi_value isLeaf(const Call& call) { return makeBoolean(call.env, unwrapTensor(call.env, call[0]).is_leaf()); }

napi_value isDisposed(const Call& call) {
  const TensorHandle* handle = findTensor(call.env, call[0]);
  return makeBoolean(call.env, handle == nullptr || !handle->tensor.defined());
}

napi_value dtypes(const Call& call) {
  const auto names = dtypeNames();
  napi_value result = makeArray(call.env, names.size());
  for (size_t index = 0; index < names.size(); ++index) setElement(call.env, result, index, makeString(call.env, names[index]));
  return result;
}

}  // namespace

void exportTensorFacts(napi_env env, napi_value exports) {
  exportFunction<shape>(env, exports, "shape");
  exportFunction<strides>(env, exports, "strides");
  exportFunction<dtype>(env, exports, "dtype");
  exportFunction<device>(env, exports, "device");
  exportFunction<dimensions>(env, exports, "dimensions");
  exportFunction<elements>(env, exports, "elements");
  exportFunction<bytes>(env, exports, "bytes");
  exportFunction<isLeaf>(env, exports, "isLeaf");
  exportFunction<isDisposed>(env, exports, "isDisposed");
  exportFunction<dtypes>(env, exports, "dtypes");
}

}  // namespace phenoprint
