#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/variable.h>

#include "exports.h"
#include "guard.h"
#include "tensor_handle.h"

namespace phenoprint {
namespace {

using torch::autograd::variable_list;

variable_list readTensors(napi_env env, napi_value list) {
  variable_list result;
  forEach(env, list, [&](napi_value element) {
    result.push_back(isNullish(env, element) ? at::Tensor() : unwrapTensor(env, element));
  });
  return result;
}

/** backward(tensor, gradient | null, retainGraph, createGraph) */
napi_value backward(const Call& call) {
  const at::Tensor tensor = unwrapTensor(call.env, call[0]);
  const at::Tensor gradient = call.has(1) ? unwrapTensor(call.env, call[1]) : at::Tensor();
  torch::autograd::backward({tensor}, {gradient}, call.has(2) && readBoolean(call.env, call[2]),
                            call.has(3) && readBoolean(call.env, call[3]));
  return makeUndefined(call.env);
}

/** gradients(outputs, inputs, outputGradients, retainGraph, createGraph, allowUnused): a list, null where unused. */
napi_value gradients(const Call& call) {
  const variable_list results = torch::autograd::grad(
      readTensors(call.env, call[0]), readTensors(call.env, call[1]), readTensors(call.env, call[2]),
      readBoolean(call.env, call[3]), readBoolean(call.env, call[4]), readBoolean(call.env, call[5]));
  napi_value list = makeArray(call.env, results.size());
  for (size_t index = 0; index < results.size(); ++index) setElement(call.env, list, index, wrapTensor(call.env, results[index]));
  return list;
}

napi_value getRequiresGrad(const Call& call) { return makeBoolean(call.env, unwrapTensor(call.env, call[0]).requires_grad()); }

/** setRequiresGrad(tensor, required): only a leaf can be told; the tensors of an operator require what their inputs do. */
napi_value setRequiresGrad(const Call& call) {
  at::Tensor& tensor = unwrapTensor(call.env, call[0]);
  const bool required = readBoolean(call.env, call[1]);
  if (!tensor.is_leaf() && !required) {
    throw ArgumentError("\"this\" is the result of an operator: use detach() for a tensor without gradient");
  }
  tensor.set_requires_grad(required);
  return call[0];
}

napi_value getGrad(const Call& call) { return wrapTensor(call.env, unwrapTensor(call.env, call[0]).grad()); }

/** setGrad(tensor, gradient | null) */
napi_value setGrad(const Call& call) {
  at::Tensor& tensor = unwrapTensor(call.env, call[0]);
  if (!call.has(1)) {
    if (tensor.grad().defined()) tensor.mutable_grad().reset();
    return call[0];
  }
  const at::Tensor& gradient = unwrapTensor(call.env, call[1]);
  if (!gradient.sizes().equals(tensor.sizes()) || gradient.scalar_type() != tensor.scalar_type() ||
      gradient.device() != tensor.device()) {
    throw ArgumentError("\"grad\" must have the shape, dtype and device of its tensor, [" +
                        c10::Join(", ", tensor.sizes()) + "]; it has the shape [" + c10::Join(", ", gradient.sizes()) + "]");
  }
  tensor.mutable_grad() = gradient;
  return call[0];
}

}  // namespace

void exportAutograd(napi_env env, napi_value exports) {
  exportFunction<backward>(env, exports, "backward");
  exportFunction<gradients>(env, exports, "gradients");
  exportFunction<getRequiresGrad>(env, exports, "getRequiresGrad");
  exportFunction<setRequiresGrad>(env, exports, "setRequiresGrad");
  exportFunction<getGrad>(env, exports, "getGrad");
  exportFunction<setGrad>(env, exports, "setGrad");
}

}  // namespace phenoprint
