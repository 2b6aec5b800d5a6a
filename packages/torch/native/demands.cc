#include "demands.h"

#include "guard.h"
#include "operator.h"

namespace phenoprint {
namespace {

using torch::jit::Stack;

/** The argument of that name; null when the operator has none, or the call leaves it out. */
const c10::IValue* argument(const Operator& op, const Stack& arguments, const char* name) {
  for (size_t index = 0; index < op.parameters.size(); ++index) {
    if (op.parameters[index].name == name) return arguments[index].isNone() ? nullptr : &arguments[index];
  }
  return nullptr;
}

/** The tensor of that name; undefined when there is none. */
at::Tensor tensorNamed(const Operator& op, const Stack& arguments, const char* name) {
  const c10::IValue* value = argument(op, arguments, name);
  return value != nullptr && value->isTensor() ? value->toTensor() : at::Tensor();
}

bool isTrue(const Operator& op, const Stack& arguments, const char* name) {
  const c10::IValue* value = argument(op, arguments, name);
  return value != nullptr && value->isBool() && value->toBool();
}

std::string shapeOf(const at::Tensor& tensor) { return "[" + c10::Join(", ", tensor.sizes()) + "]"; }

[[noreturn]] void refuse(const std::string& name, const std::string& must) {
  throw ArgumentError("\"" + name + "\" must " + must);
}

/** Lists that are walked side by side: all as long as the first. */
void listsOfOneLength(const Operator& op, const Stack& arguments) {
  const size_t length = arguments[0].toTensorVector().size();
  for (size_t index = 1; index < op.parameters.size(); ++index) {
    if (!arguments[index].isList() || arguments[index].toListRef().size() == length) continue;
    refuse(op.parameters[index].name, "have " + std::to_string(length) + " values, as many as \"" +
                                          op.parameters[0].name + "\"; it has " +
                                          std::to_string(arguments[index].toListRef().size()));
  }
}

bool isWanted(const Operator& op, const Stack& arguments, const std::string& list) {
  if (list == "max_exp_avg_sqs") return isTrue(op, arguments, "amsgrad");
  if (list != "momentum_buffer_list") return true;
  const c10::IValue* momentum = argument(op, arguments, "momentum");
  return momentum != nullptr && momentum->isDouble() && momentum->toDouble() != 0;
}

/** What is remembered and the gradients lie in memory as their parameters do; kernels run over all of it in one go. */
void tensorsOfOneLayout(const Operator& op, const Stack& arguments) {
  const std::vector<at::Tensor> parameters = arguments[0].toTensorVector();
  for (const at::Tensor& each : parameters) {
    if (!each.is_non_overlapping_and_dense()) refuse(op.parameters[0].name, "have no gaps in memory: " + shapeOf(each));
  }
  for (size_t index = 1; index < op.parameters.size(); ++index) {
    if (!arguments[index].isTensorList()) continue;
    const std::string& name = op.parameters[index].name;
    const std::vector<at::Tensor> tensors = arguments[index].toTensorVector();
    if (tensors.empty() && !isWanted(op, arguments, name)) continue;
    if (tensors.size() != parameters.size()) {
      refuse(name, "have " + std::to_string(parameters.size()) + " tensors, as many as \"self\"; it has " +
                       std::to_string(tensors.size()));
    }
    for (size_t each = 0; each < tensors.size(); ++each) {
      const at::Tensor &tensor = tensors[each], &parameter = parameters[each];
      if (name == "state_steps") {
        if (tensor.numel() != 1) refuse(name, "have one element each; element " + std::to_string(each) + " is " + shapeOf(tensor));
      } else if (!tensor.sizes().equals(parameter.sizes()) || !tensor.strides().equals(parameter.strides()) ||
                 tensor.scalar_type() != parameter.scalar_type()) {
        refuse(name, "have the shapes, strides and dtypes of \"self\"; element " + std::to_string(each) + " is " +
                         shapeOf(tensor) + ", its parameter " + shapeOf(parameter));
      }
    }
  }
  for (const char* name : {"lr", "grad_scale", "found_inf"}) {
    const at::Tensor tensor = tensorNamed(op, arguments, name);
    if (tensor.defined() && tensor.numel() != 1) refuse(name, "have one element; it is " + shapeOf(tensor));
  }
}

/** One value a channel in whatever stands beside an input `[batch, channel, ...]`. */
void valuesByChannel(const Operator& op, const Stack& arguments) {
  const at::Tensor input = tensorNamed(op, arguments, "input");
  if (input.dim() < 2 || input.size(1) == 0) refuse("input", "be [batch, channel, ...] with a channel; it is " + shapeOf(input));
  const int64_t channels = input.size(1);
  const at::Tensor gradient = tensorNamed(op, arguments, "grad_out");
  if (gradient.defined() && !gradient.sizes().equals(input.sizes())) {
    refuse("grad_out", "be of the input's shape, " + shapeOf(input) + "; it is " + shapeOf(gradient));
  }
  const bool training = isTrue(op, arguments, "train") || isTrue(op, arguments, "training");
  const bool backward = gradient.defined();
  const std::vector<std::pair<const char*, bool>> names = {
      {"weight", false},         {"bias", false},
      {"running_mean", !training}, {"running_var", !training},
      {"save_mean", backward && training}, {"save_invstd", backward && training}};
  for (const auto& [name, needed] : names) {
    const at::Tensor tensor = tensorNamed(op, arguments, name);
    if (!tensor.defined()) {
      bool known = false;
      for (const Parameter& each : op.parameters) known = known || each.name == name;
      if (needed && known) refuse(name, std::string("be given ") + (training ? "in training" : "in evaluation"));
    } else if (const bool saved = std::string(name).rfind("save_", 0) == 0;
               (needed || !saved || tensor.numel() > 0) && (tensor.dim() != 1 || tensor.numel() != channels)) {
      refuse(name, "be [" + std::to_string(channels) + "], a value a channel; it is " + shapeOf(tensor));
    }
  }
}

}  // namespace

Demand demandOf(const std::string& name) {
  const auto startsWith = [&name](const char* start) { return name.rfind(start, 0) == 0; };
  if (startsWith("aten::_foreach_")) return listsOfOneLength;
  if (startsWith("aten::_fused_adam") || startsWith("aten::_fused_sgd") || startsWith("aten::_fused_adagrad")) return tensorsOfOneLayout;
  if (startsWith("aten::native_batch_norm") || startsWith("aten::_native_batch_norm_legit")) return valuesByChannel;
  return nullptr;
}

}  // namespace phenoprint
