#include <ATen/Functions.h>
#include <ATen/core/grad_mode.h>

#include <cstring>

#include "exports.h"
#include "guard.h"
#include "names.h"
#include "tensor_handle.h"

// Values in and out of tensors.
namespace phenoprint {
namespace {

struct TypedArray {
  void* data;
  size_t elements;
  at::ScalarType type;
};

/** The bytes of a typed array, and the dtype that its elements have. */
TypedArray readTypedArray(napi_env env, napi_value value) {
  bool typed = false;
  check(env, napi_is_typedarray(env, value, &typed));
  if (!typed) throw ArgumentError("must be a typed array, not " + describe(env, value));
  napi_typedarray_type type;
  TypedArray result{};
  check(env, napi_get_typedarray_info(env, value, &type, &result.elements, &result.data, nullptr, nullptr));
  switch (type) {
    case napi_int8_array: result.type = at::kChar; break;
    case napi_uint8_array:
    case napi_uint8_clamped_array: result.type = at::kByte; break;
    case napi_int16_array: result.type = at::kShort; break;
    case napi_uint16_array: result.type = at::kUInt16; break;
    case napi_int32_array: result.type = at::kInt; break;
    case napi_uint32_array: result.type = at::kUInt32; break;
    case napi_float32_array: result.type = at::kFloat; break;
    case napi_float64_array: result.type = at::kDouble; break;
    case napi_bigint64_array: result.type = at::kLong; break;
    case napi_biguint64_array: result.type = at::kUInt64; break;
    case napi_float16_array: result.type = at::kHalf; break;
  }
  return result;
}

/** Whether a typed array of `array` elements is the very bytes of a `wanted` tensor: halves as Uint16Array, bool as Uint8Array. */
bool sameBytes(at::ScalarType array, at::ScalarType wanted) {
  if (array == wanted) return true;
  if (array == at::kUInt16) return wanted == at::kHalf || wanted == at::kBFloat16;
  if (array == at::kByte) return wanted == at::kBool || (c10::isFloat8Type(wanted));
  return false;
}

/** A tensor over a typed array's memory, for the duration of one copy. */
at::Tensor view(const TypedArray& array, at::IntArrayRef shape, at::ScalarType type) {
  static char nothing;
  return at::from_blob(array.data != nullptr ? array.data : &nothing, shape, at::TensorOptions(type));
}

void requireElements(size_t got, at::IntArrayRef shape) {
  const int64_t wanted = c10::multiply_integers(shape);
  if (static_cast<int64_t>(got) == wanted) return;
  throw ArgumentError("has " + std::to_string(got) + " elements; the shape [" + c10::Join(", ", shape) + "] has " +
                      std::to_string(wanted));
}

/** fromTypedArray(data, shape, dtype, device): a new tensor; bytes are copied once when the types agree. */
napi_value fromTypedArray(const Call& call) {
  const std::vector<int64_t> shape = readIntegers(call.env, call[1]);
  // After the shape: a getter in it could have taken the array's memory away.
  const TypedArray array = readTypedArray(call.env, call[0]);
  for (const int64_t size : shape) {
    if (size < 0) throw ArgumentError("\"shape\" has the negative size " + std::to_string(size));
  }
  requireElements(array.elements, shape);
  const at::ScalarType type = call.has(2) ? dtypeOf(readString(call.env, call[2])) : array.type;
  const at::Device device(call.has(3) ? readString(call.env, call[3]) : "cpu");
  const at::AutoGradMode off(false);
  const at::Tensor source = view(array, shape, sameBytes(array.type, type) ? type : array.type);
  // The array is JavaScript's again when this returns; pinned memory is the card's to read while we go on.
  // libtorch does not give it out again before the copy is done.
  at::Tensor result = at::empty(shape, at::TensorOptions(type).pinned_memory(device.is_cuda()));
  result.copy_(source);
  if (!device.is_cpu()) result = result.to(device, type, /*non_blocking=*/device.is_cuda());
  return wrapTensor(call.env, result);
}

/** copyFrom(tensor, data): overwrites the values, in the order of the contiguous tensor. */
napi_value copyFrom(const Call& call) {
  at::Tensor& tensor = unwrapTensor(call.env, call[0]);
  const TypedArray array = readTypedArray(call.env, call[1]);
  requireElements(array.elements, tensor.sizes());
  const at::ScalarType type = sameBytes(array.type, tensor.scalar_type()) ? tensor.scalar_type() : array.type;
  const at::AutoGradMode off(false);
  tensor.copy_(view(array, tensor.sizes(), type));
  return call[0];
}

/** The kind of typed array that holds a dtype's values, or its bits when JavaScript has no such number. */
napi_typedarray_type arrayTypeOf(at::ScalarType type) {
  switch (type) {
    case at::kByte:
    case at::kBool: return napi_uint8_array;
    case at::kChar: return napi_int8_array;
    case at::kShort: return napi_int16_array;
    case at::kInt: return napi_int32_array;
    case at::kLong: return napi_bigint64_array;
    case at::kHalf:
    case at::kBFloat16:
    case at::kUInt16: return napi_uint16_array;
    case at::kUInt32: return napi_uint32_array;
    case at::kUInt64: return napi_biguint64_array;
    case at::kFloat:
    case at::kComplexFloat: return napi_float32_array;
    case at::kDouble:
    case at::kComplexDouble: return napi_float64_array;
    case at::kComplexHalf: return napi_uint16_array;
    default: return napi_uint8_array;
  }
}

size_t elementSizeOf(napi_typedarray_type type) {
  switch (type) {
    case napi_int16_array:
    case napi_uint16_array: return 2;
    case napi_int32_array:
    case napi_uint32_array:
    case napi_float32_array: return 4;
    case napi_float64_array:
    case napi_bigint64_array:
    case napi_biguint64_array: return 8;
    default: return 1;
  }
}

/** toTypedArray(tensor): the values in contiguous order, copied once from wherever they are; complex ones as pairs. */
napi_value toTypedArray(const Call& call) {
  at::Tensor tensor = unwrapTensor(call.env, call[0]).detach();
  if (tensor.is_quantized()) tensor = tensor.int_repr();
  if (tensor.layout() != at::kStrided) tensor = tensor.to_dense();
  const size_t bytes = static_cast<size_t>(tensor.numel()) * tensor.element_size();
  void* data = nullptr;
  napi_value buffer, result;
  check(call.env, napi_create_arraybuffer(call.env, bytes, &data, &buffer));
  if (bytes > 0) at::from_blob(data, tensor.sizes(), at::TensorOptions(tensor.scalar_type())).copy_(tensor);
  const napi_typedarray_type type = arrayTypeOf(tensor.scalar_type());
  check(call.env, napi_create_typedarray(call.env, type, bytes / elementSizeOf(type), buffer, 0, &result));
  return result;
}

/** memory(tensor): an ArrayBuffer over the tensor's own bytes, which it keeps alive. */
napi_value memory(const Call& call) {
  const at::Tensor& tensor = unwrapTensor(call.env, call[0]);
  if (!tensor.is_cpu() || tensor.layout() != at::kStrided || !tensor.is_non_overlapping_and_dense()) {
    throw ArgumentError("\"this\" must be a dense tensor on the cpu for memory(): without gaps, in any order of its dimensions");
  }
  auto owner = std::make_unique<c10::Storage>(tensor.storage());
  const auto release = [](napi_env, void*, void* storage) { delete static_cast<c10::Storage*>(storage); };
  napi_value result;
  if (tensor.nbytes() == 0) {
    check(call.env, napi_create_arraybuffer(call.env, 0, nullptr, &result));
    return result;
  }
  check(call.env, napi_create_external_arraybuffer(call.env, tensor.data_ptr(), tensor.nbytes(), release, owner.get(), &result));
  // What resizes the storage would free the bytes under the buffer.
  owner->unsafeGetStorageImpl()->set_resizable(false);
  owner.release();
  return result;
}

/** item(tensor): the only value of a tensor with one element. */
napi_value item(const Call& call) {
  const at::Tensor& tensor = unwrapTensor(call.env, call[0]);
  const at::Scalar value = tensor.item();
  if (value.isComplex()) throw ArgumentError("\"this\" is complex, and item() gives a number: take real() or imag()");
  if (value.isBoolean()) return makeNumber(call.env, value.toBool() ? 1 : 0);
  if (!value.isIntegral(false)) return makeNumber(call.env, value.toDouble());
  const int64_t integer = value.toLong();
  if (std::abs(static_cast<double>(integer)) > 9007199254740991.0) {
    throw ArgumentError("\"this\" is " + std::to_string(integer) + ", which a number cannot hold: use toTypedArray()");
  }
  return makeNumber(call.env, static_cast<double>(integer));
}

}  // namespace

void exportTensorData(napi_env env, napi_value exports) {
  exportFunction<fromTypedArray>(env, exports, "fromTypedArray");
  exportFunction<copyFrom>(env, exports, "copyFrom");
  exportFunction<toTypedArray>(env, exports, "toTypedArray");
  exportFunction<memory>(env, exports, "memory");
  exportFunction<item>(env, exports, "item");
}

}  // namespace phenoprint
