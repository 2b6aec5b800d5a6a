#include <ATen/core/stack.h>

#include "convert.h"
#include "exports.h"
#include "guard.h"
#include "operator.h"
#include "tensor_handle.h"

// The one generic call: every operator of the dispatcher, boxed, by its schema.
namespace phenoprint {
namespace {

/** An operator that writes into an argument returns that argument: the same JavaScript object, too. */
class CallResults final : public TensorResults {
 public:
  CallResults(const Call& call, const Operator& op) : call_(call), op_(op) {}

  napi_value wrap(napi_env env, const at::Tensor& tensor) const override {
    if (op_.writes && tensor.defined()) {
      for (size_t index = 0; index < call_.size(); ++index) {
        const TensorHandle* handle = findTensor(env, call_.arguments()[index]);
        if (handle != nullptr && handle->tensor.is_same(tensor)) return call_.arguments()[index];
      }
    }
    return wrapTensor(env, tensor);
  }

 private:
  const Call& call_;
  const Operator& op_;
};

c10::IValue readArgument(const Call& call, const Parameter& parameter, size_t index) {
  const bool given = index < call.size() && typeOf(call.env, call.arguments()[index]) != napi_undefined;
  if (given) return toIValue(call.env, call.arguments()[index], *parameter.type, parameter.length);
  if (parameter.defaultValue) return *parameter.defaultValue;
  if (parameter.type->kind() == c10::TypeKind::OptionalType) return {};
  throw ArgumentError("is missing; it is of the type " + parameter.type->str());
}

void describeTensor(const std::string& name, const at::Tensor& tensor, Fault& fault) {
  fault.shapes.emplace_back(name, tensor.sizes().vec());
}

/** The shapes of the tensors that the call was given, those in lists too. */
void addShapes(const Call& call, const Operator& op, Fault& fault) {
  for (size_t index = 0; index < std::min(call.size(), op.parameters.size()); ++index) {
    const std::string& name = op.parameters[index].name;
    const napi_value value = call.arguments()[index];
    if (const TensorHandle* handle = findTensor(call.env, value)) {
      if (handle->tensor.defined()) describeTensor(name, handle->tensor, fault);
    } else if (isArray(call.env, value)) {
      size_t position = 0;
      forEach(call.env, value, [&](napi_value element) {
        const TensorHandle* handle = findTensor(call.env, element);
        if (handle != nullptr && handle->tensor.defined()) {
          describeTensor(name + "[" + std::to_string(position) + "]", handle->tensor, fault);
        }
        ++position;
      });
    }
  }
}

/** Says which operator failed, on which argument, and what it was given. */
[[noreturn]] void blame(const Call& call, const Operator& op, const std::string& argument) {
  Fault fault = currentFault();
  fault.op = op.name;
  fault.argument = argument;
  addShapes(call, op, fault);
  constexpr size_t kShown = 8;
  std::string shapes;
  for (size_t index = 0; index < std::min(fault.shapes.size(), kShown); ++index) {
    const auto& [name, shape] = fault.shapes[index];
    shapes += (shapes.empty() ? "Got " : ", ") + name + " [" + c10::Join(", ", shape) + "]";
  }
  if (fault.shapes.size() > kShown) shapes += ", and " + std::to_string(fault.shapes.size() - kShown) + " more tensors";
  if (!argument.empty() && fault.kind == "argument") {
    fault.message = "argument \"" + argument + "\" " + fault.message.substr(std::string("argument ").size());
  } else if (!argument.empty()) {
    fault.message = "argument \"" + argument + "\": " + fault.message;
  }
  fault.message = op.name + ": " + fault.message;
  if (!shapes.empty()) fault.message += (fault.message.back() == '.' ? " " : ". ") + shapes + ".";
  raise(std::move(fault));
}

napi_value callOperator(const Call& call) {
  const Operator& op = *static_cast<const Operator*>(call.data);
  torch::jit::Stack stack;
  stack.reserve(op.parameters.size());
  size_t index = 0;
  try {
    if (call.size() > op.parameters.size()) {
      throw ArgumentError("list has " + std::to_string(call.size()) + " values; the operator takes " +
                          std::to_string(op.parameters.size()));
    }
    for (; index < op.parameters.size(); ++index) stack.push_back(readArgument(call, op.parameters[index], index));
    if (op.demand != nullptr) op.demand(op, stack);
    op.handle.callBoxed(stack);
    const CallResults results(call, op);
    if (stack.empty()) return makeUndefined(call.env);
    if (stack.size() == 1) return fromIValue(call.env, stack[0], results);
    napi_value list = makeArray(call.env, stack.size());
    for (size_t each = 0; each < stack.size(); ++each) setElement(call.env, list, each, fromIValue(call.env, stack[each], results));
    return list;
  } catch (const JavaScriptThrew&) {
    throw;
  } catch (...) {
    const bool tooMany = call.size() > op.parameters.size();
    blame(call, op, tooMany || index >= op.parameters.size() ? "" : op.parameters[index].name);
  }
}

/** operator(name, overload): { call, parameters } with the names of the arguments in their order. */
napi_value getOperator(const Call& call) {
  const Operator& op = findOperator(readString(call.env, call[0]), readString(call.env, call[1]));
  napi_value function;
  check(call.env, napi_create_function(call.env, op.name.c_str(), NAPI_AUTO_LENGTH, guarded<callOperator>,
                                       const_cast<Operator*>(&op), &function));
  napi_value parameters = makeArray(call.env, op.parameters.size());
  for (size_t index = 0; index < op.parameters.size(); ++index) {
    setElement(call.env, parameters, index, makeString(call.env, op.parameters[index].name));
  }
  napi_value result = makeObject(call.env);
  setProperty(call.env, result, "call", function);
  setProperty(call.env, result, "parameters", parameters);
  return result;
}

}  // namespace

void exportCall(napi_env env, napi_value exports) { exportFunction<getOperator>(env, exports, "operator"); }

}  // namespace phenoprint
