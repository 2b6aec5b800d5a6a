#include "node.h"

#include <exception>
#include <string>

namespace phenoprint {
namespace {

constexpr size_t bytesOf(napi_typedarray_type type) {
  switch (type) {
    case napi_int8_array:
    case napi_uint8_array:
    case napi_uint8_clamped_array: return 1;
    case napi_int16_array:
    case napi_uint16_array: return 2;
    case napi_int32_array:
    case napi_uint32_array:
    case napi_float32_array: return 4;
    default: return 8;
  }
}

struct Job {
  napi_async_work work = nullptr;
  napi_deferred deferred = nullptr;
  std::vector<napi_ref> kept;
  std::function<double()> run;
  double result = -1;
};

void execute(napi_env, void* data) {
  Job* job = static_cast<Job*>(data);
  try {
    job->result = job->run();
  } catch (const std::exception&) {
    job->result = -1;
  }
}

void complete(napi_env env, napi_status, void* data) {
  Job* job = static_cast<Job*>(data);
  napi_value result;
  napi_create_double(env, job->result, &result);
  napi_resolve_deferred(env, job->deferred, result);
  for (napi_ref ref : job->kept) napi_delete_reference(env, ref);
  napi_delete_async_work(env, job->work);
  delete job;
}

}  // namespace

Arguments::Arguments(napi_env env, napi_callback_info info, size_t count) : env_(env), values_(count) {
  napi_get_cb_info(env, info, &count, values_.data(), nullptr, nullptr);
}

void Arguments::fail(size_t index, const char* expected) {
  if (failed_) return;
  failed_ = true;
  napi_throw_type_error(env_, nullptr, ("argument " + std::to_string(index) + ": expected " + expected).c_str());
}

Array Arguments::array(size_t index) {
  Array array{};
  void* data = nullptr;
  napi_value buffer;
  size_t offset;
  if (napi_get_typedarray_info(env_, values_[index], &array.type, &array.length, &data, &buffer, &offset) != napi_ok)
    fail(index, "a typed array");
  else array.bytes = array.length * bytesOf(array.type);
  array.data = static_cast<uint8_t*>(data);
  return array;
}

double Arguments::number(size_t index) {
  double number = 0;
  if (napi_get_value_double(env_, values_[index], &number) != napi_ok) fail(index, "a number");
  return number;
}

std::string Arguments::text(size_t index) {
  size_t length = 0;
  if (napi_get_value_string_utf8(env_, values_[index], nullptr, 0, &length) != napi_ok) fail(index, "text");
  std::string text(length + 1, 0);
  napi_get_value_string_utf8(env_, values_[index], text.data(), text.size(), &length);
  text.resize(length);
  return text;
}

std::vector<double> Arguments::numbers(size_t index) {
  uint32_t length = 0;
  if (napi_get_array_length(env_, values_[index], &length) != napi_ok) fail(index, "an array of numbers");
  std::vector<double> numbers(length);
  for (uint32_t i = 0; i < length; i++) {
    napi_value element;
    napi_get_element(env_, values_[index], i, &element);
    if (napi_get_value_double(env_, element, &numbers[i]) != napi_ok) fail(index, "an array of numbers");
  }
  return numbers;
}

napi_value promised(napi_env env, const char* name, const std::vector<napi_value>& arguments,
                    std::function<double()> work) {
  Job* job = new Job;
  job->run = std::move(work);
  napi_value promise, label;
  napi_create_promise(env, &job->deferred, &promise);
  for (napi_value argument : arguments) {
    napi_ref ref;
    if (napi_create_reference(env, argument, 1, &ref) == napi_ok) job->kept.push_back(ref);
  }
  napi_create_string_utf8(env, name, NAPI_AUTO_LENGTH, &label);
  napi_create_async_work(env, nullptr, label, execute, complete, job, &job->work);
  napi_queue_async_work(env, job->work);
  return promise;
}

}  // namespace phenoprint
