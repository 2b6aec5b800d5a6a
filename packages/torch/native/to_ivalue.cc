#include <ATen/ScalarOps.h>
#include <ATen/core/List.h>

#include <cmath>

#include "convert.h"
#include "names.h"
#include "tensor_handle.h"

namespace phenoprint {
namespace {

using c10::TypeKind;

c10::Scalar toScalar(napi_env env, napi_value value) {
  switch (typeOf(env, value)) {
    case napi_number: {
      const double number = readNumber(env, value);
      const bool whole = number == std::trunc(number) && std::abs(number) < 9007199254740992.0;
      const bool negativeZero = number == 0 && std::signbit(number);
      return whole && !negativeZero ? c10::Scalar(static_cast<int64_t>(number)) : c10::Scalar(number);
    }
    case napi_boolean: return c10::Scalar(readBoolean(env, value));
    case napi_bigint: return c10::Scalar(readInteger(env, value));
    case napi_object:
      if (hasProperty(env, value, "float")) return c10::Scalar(readNumber(env, getProperty(env, value, "float")));
      if (hasProperty(env, value, "re") && hasProperty(env, value, "im")) {
        const double re = readNumber(env, getProperty(env, value, "re"));
        const double im = readNumber(env, getProperty(env, value, "im"));
        return c10::Scalar(c10::complex<double>(re, im));
      }
      break;
    default: break;
  }
  throw ArgumentError("must be a number (float(x) for a floating one that is whole), not " + describe(env, value));
}

c10::IValue toTensor(napi_env env, napi_value value) {
  switch (typeOf(env, value)) {
    case napi_number:
    case napi_boolean:
    case napi_bigint: {
      at::Tensor tensor = c10::scalar_to_tensor(toScalar(env, value));
      tensor.unsafeGetTensorImpl()->set_wrapped_number(true);
      return tensor;
    }
    default: return unwrapTensor(env, value);
  }
}

c10::Device toDevice(napi_env env, napi_value value) {
  const std::string name = readString(env, value);
  try {
    return c10::Device(name);
  } catch (const c10::Error&) {
    throw ArgumentError("must be a device such as cpu, cuda or cuda:1, not the string \"" + name + "\"");
  }
}

c10::IValue toGenerator(napi_env env, napi_value value) {
  void* data = nullptr;
  if (napi_unwrap(env, value, &data) != napi_ok || Environment::of(env).generators.count(data) == 0) {
    throw ArgumentError("must be a Generator of this thread, not " + describe(env, value));
  }
  return static_cast<GeneratorHandle*>(data)->generator;
}

/** Fills a list; one value alone is repeated when the schema tells the length. */
template <class Element, class Read>
c10::IValue toList(napi_env env, napi_value value, std::optional<int32_t> length, Read read) {
  c10::List<Element> list;
  const napi_valuetype type = typeOf(env, value);
  if (length && type != napi_object) {
    const Element element = read(value);
    for (int32_t index = 0; index < *length; ++index) list.push_back(element);
  } else {
    forEach(env, value, [&](napi_value element) { list.push_back(read(element)); });
  }
  return list;
}

c10::IValue toListOf(napi_env env, napi_value value, const c10::TypePtr& element, std::optional<int32_t> length) {
  switch (element->kind()) {
    case TypeKind::TensorType: {
      c10::List<at::Tensor> list;
      forEach(env, value, [&](napi_value each) { list.push_back(unwrapTensor(env, each)); });
      return list;
    }
    case TypeKind::IntType:
    case TypeKind::SymIntType:
      return toList<int64_t>(env, value, length, [env](napi_value each) { return readInteger(env, each); });
    case TypeKind::FloatType:
      return toList<double>(env, value, length, [env](napi_value each) { return readNumber(env, each); });
    case TypeKind::BoolType:
      return toList<bool>(env, value, length, [env](napi_value each) { return readBoolean(env, each); });
    case TypeKind::StringType:
      return toList<std::string>(env, value, length, [env](napi_value each) { return readString(env, each); });
    default: {
      c10::impl::GenericList list(element);
      forEach(env, value, [&](napi_value each) { list.push_back(toIValue(env, each, *element)); });
      return list;
    }
  }
}

}  // namespace

c10::IValue toIValue(napi_env env, napi_value value, const c10::Type& type, std::optional<int32_t> length) {
  switch (type.kind()) {
    case TypeKind::TensorType: return toTensor(env, value);
    case TypeKind::OptionalType:
      if (isNullish(env, value)) return {};
      return toIValue(env, value, *type.castRaw<c10::OptionalType>()->getElementType(), length);
    case TypeKind::ListType: return toListOf(env, value, type.castRaw<c10::ListType>()->getElementType(), length);
    case TypeKind::NumberType: return toScalar(env, value);
    case TypeKind::IntType:
    case TypeKind::SymIntType: return readInteger(env, value);
    case TypeKind::FloatType:
    case TypeKind::SymFloatType: return readNumber(env, value);
    case TypeKind::BoolType:
    case TypeKind::SymBoolType: return readBoolean(env, value);
    case TypeKind::StringType: return readString(env, value);
    case TypeKind::ComplexType: return toScalar(env, value).toComplexDouble();
    case TypeKind::DeviceObjType: return toDevice(env, value);
    case TypeKind::GeneratorType: return toGenerator(env, value);
    case TypeKind::ScalarTypeType: return static_cast<int64_t>(dtypeOf(readString(env, value)));
    case TypeKind::LayoutType: return static_cast<int64_t>(layoutOf(readString(env, value)));
    case TypeKind::MemoryFormatType: return static_cast<int64_t>(memoryFormatOf(readString(env, value)));
    case TypeKind::QSchemeType: return static_cast<int64_t>(quantisationOf(readString(env, value)));
    default: throw ArgumentError("is of the type " + type.str() + ", which JavaScript has no value for");
  }
}

bool isExpressible(const c10::Type& type) {
  switch (type.kind()) {
    case TypeKind::OptionalType: return isExpressible(*type.castRaw<c10::OptionalType>()->getElementType());
    case TypeKind::ListType: return isExpressible(*type.castRaw<c10::ListType>()->getElementType());
    case TypeKind::TensorType:
    case TypeKind::NumberType:
    case TypeKind::IntType:
    case TypeKind::SymIntType:
    case TypeKind::FloatType:
    case TypeKind::SymFloatType:
    case TypeKind::BoolType:
    case TypeKind::SymBoolType:
    case TypeKind::StringType:
    case TypeKind::ComplexType:
    case TypeKind::DeviceObjType:
    case TypeKind::GeneratorType:
    case TypeKind::ScalarTypeType:
    case TypeKind::LayoutType:
    case TypeKind::MemoryFormatType:
    case TypeKind::QSchemeType: return true;
    default: return false;
  }
}

}  // namespace phenoprint
