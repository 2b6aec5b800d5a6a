#include "convert.h"

namespace phenoprint {
namespace {

napi_value fromScalar(napi_env env, const c10::Scalar& scalar) {
  if (scalar.isBoolean()) return makeBoolean(env, scalar.toBool());
  if (scalar.isIntegral(false)) return makeInteger(env, scalar.toLong());
  if (!scalar.isComplex()) return makeNumber(env, scalar.toDouble());
  const auto number = scalar.toComplexDouble();
  napi_value result = makeObject(env);
  setProperty(env, result, "re", makeNumber(env, number.real()));
  setProperty(env, result, "im", makeNumber(env, number.imag()));
  return result;
}

template <class List>
napi_value fromList(napi_env env, const List& list, const TensorResults& results) {
  napi_value array = makeArray(env, list.size());
  size_t index = 0;
  for (const c10::IValue& element : list) setElement(env, array, index++, fromIValue(env, element, results));
  return array;
}

}  // namespace

napi_value fromIValue(napi_env env, const c10::IValue& value, const TensorResults& results) {
  if (value.isTensor()) return results.wrap(env, value.toTensor());
  if (value.isNone()) return makeNull(env);
  if (value.isScalar()) return fromScalar(env, value.toScalar());
  if (value.isString()) return makeString(env, value.toStringRef());
  if (value.isDevice()) return makeString(env, value.toDevice().str());
  if (value.isList()) return fromList(env, value.toListRef(), results);
  if (value.isTuple()) return fromList(env, value.toTupleRef().elements(), results);
  throw std::runtime_error("the result is of the type " + value.tagKind() + ", which JavaScript has no value for");
}

}  // namespace phenoprint
