#pragma once
#include <ATen/core/dispatch/Dispatcher.h>

#include <optional>
#include <string>
#include <vector>

#include "demands.h"

namespace phenoprint {

/** One argument of an operator's schema. */
struct Parameter {
  std::string name;
  c10::TypePtr type;
  std::optional<int32_t> length;
  std::optional<c10::IValue> defaultValue;
};

/** An operator of the dispatcher with what a call needs, looked up once in the process. */
struct Operator {
  c10::OperatorHandle handle;
  /** `aten::add.Tensor` */
  std::string name;
  std::vector<Parameter> parameters;
  /** Writes into one of its arguments, and may return it. */
  bool writes;
  /** What has to hold before it is called; null when it looks itself. */
  Demand demand;
};

/**
 * Finds an operator; the reference stays valid for the process's life.
 *
 * @param name with its namespace: `aten::add`.
 * @param overload empty for the default one.
 * @throws Fault of kind "argument", naming the overloads there are.
 */
const Operator& findOperator(const std::string& name, const std::string& overload);

}  // namespace phenoprint
