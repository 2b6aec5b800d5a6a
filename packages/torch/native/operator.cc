#include "operator.h"

#include <memory>
#include <mutex>
#include <unordered_map>

#include "guard.h"

namespace phenoprint {
namespace {

std::string fullName(const std::string& name, const std::string& overload) {
  return overload.empty() ? name : name + "." + overload;
}

[[noreturn]] void unknown(const std::string& name, const std::string& overload) {
  std::string overloads;
  for (const c10::OperatorName& each : c10::Dispatcher::singleton().getAllOpNames()) {
    if (each.name != name || !c10::Dispatcher::singleton().findSchema(each)) continue;
    overloads += (overloads.empty() ? "" : ", ") + (each.overload_name.empty() ? "default" : each.overload_name);
  }
  const std::string advice = overloads.empty() ? "engine.schemas() lists the operators of this libtorch."
                                               : "Overloads of " + name + ": " + overloads + ".";
  raise({"argument", "there is no operator " + fullName(name, overload) + ". " + advice, fullName(name, overload), {}, {}});
}

std::unique_ptr<Operator> look(const std::string& name, const std::string& overload) {
  const auto handle = c10::Dispatcher::singleton().findSchema({name, overload});
  if (!handle) unknown(name, overload);
  const c10::FunctionSchema& schema = handle->schema();
  std::vector<Parameter> parameters;
  for (const c10::Argument& each : schema.arguments()) {
    parameters.push_back({each.name(), each.real_type(), each.N(), each.default_value()});
  }
  return std::make_unique<Operator>(Operator{*handle, fullName(name, overload), std::move(parameters), schema.is_mutable(), demandOf(name)});
}

}  // namespace

const Operator& findOperator(const std::string& name, const std::string& overload) {
  static std::mutex mutex;
  // Never destroyed: a worker may still call while the process exits.
  static auto& operators = *new std::unordered_map<std::string, std::unique_ptr<Operator>>;
  const std::lock_guard<std::mutex> lock(mutex);
  auto& found = operators[fullName(name, overload)];
  if (!found) found = look(name, overload);
  return *found;
}

}  // namespace phenoprint
