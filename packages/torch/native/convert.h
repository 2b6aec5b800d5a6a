#pragma once
#include <ATen/core/ivalue.h>
#include <ATen/core/jit_type.h>

#include <optional>
#include <string>

#include "js.h"

namespace phenoprint {

/** Whether values of a schema's type can be made from, and turned into, JavaScript's. */
bool isExpressible(const c10::Type& type);

/**
 * A value of a schema's type from a JavaScript one.
 *
 * A number in a Tensor's place becomes a wrapped-number tensor, as in Python. JavaScript's 1.0 is 1:
 * a Scalar that is whole becomes an integer, but `{ float: 1 }`; `{ re, im }` is complex. Enumerations
 * are strings. One number for a list of known length (`int[2] stride`) stands for all its elements.
 *
 * @param type Argument::real_type(), which tells a dtype from an integer.
 * @param length of a list with a fixed length in the schema.
 * @throws ArgumentError whose words follow the argument's name.
 */
c10::IValue toIValue(napi_env env, napi_value value, const c10::Type& type, std::optional<int32_t> length = std::nullopt);

/** Chooses the JavaScript object for a tensor that an operator returned. */
class TensorResults {
 public:
  virtual ~TensorResults() = default;
  virtual napi_value wrap(napi_env env, const at::Tensor& tensor) const = 0;
};

/** A JavaScript value: numbers (BigInt past 2^53), strings, Tensors, null, `{ re, im }`, and arrays for lists and tuples. */
napi_value fromIValue(napi_env env, const c10::IValue& value, const TensorResults& results);

}  // namespace phenoprint
