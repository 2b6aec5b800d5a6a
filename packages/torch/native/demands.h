#pragma once
#include <ATen/core/stack.h>

#include <string>

namespace phenoprint {

struct Operator;

/** Checks the arguments of a call; throws ArgumentError. */
using Demand = void (*)(const Operator& op, const torch::jit::Stack& arguments);

/**
 * What libtorch takes on trust and reads out of bounds when it is not so: PyTorch's Python code asks for it
 * before it calls these operators.
 *
 * @param name of the operator with its namespace, without the overload.
 * @returns Null for an operator that checks its arguments itself.
 */
Demand demandOf(const std::string& name);

}  // namespace phenoprint
