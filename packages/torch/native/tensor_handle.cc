#include "tensor_handle.h"

#include "guard.h"

namespace phenoprint {
namespace {

/** Below this many bytes the garbage collector is not told. */
constexpr int64_t kWorthReporting = 1 << 16;
constexpr size_t kStaleAllowed = 1024;

void tellCollector(TensorHandle& handle, int64_t bytes) {
  int64_t total = 0;
  napi_adjust_external_memory(handle.environment->env, bytes - handle.reported, &total);
  handle.reported = bytes;
}

/** A tensor that no scope frees is the garbage collector's: it should know its size. */
void becomeUnscoped(TensorHandle& handle) {
  handle.scope = 0;
  if (!handle.tensor.defined() || !handle.tensor.has_storage()) return;
  const c10::Storage& storage = handle.tensor.storage();
  const auto bytes = static_cast<int64_t>(storage.nbytes());
  if (storage.use_count() == 1 && bytes >= kWorthReporting) tellCollector(handle, bytes);
}

void release(TensorHandle* handle) {
  if (--handle->references == 0) delete handle;
}

void markStale(TensorHandle& handle) {
  if (handle.scope == 0) return;
  Environment& environment = *handle.environment;
  const size_t depth = handle.scope;
  handle.scope = 0;
  Scope& scope = environment.scopes[depth - 1];
  if (++scope.stale < kStaleAllowed || scope.stale * 2 < scope.handles.size()) return;
  std::vector<TensorHandle*> current;
  for (TensorHandle* other : scope.handles) {
    if (other->scope == depth) {
      current.push_back(other);
    } else {
      release(other);
    }
  }
  scope.handles = std::move(current);
  scope.stale = 0;
}

void finalise(napi_env, void* data, void*) {
  auto* handle = static_cast<TensorHandle*>(data);
  Environment* environment = handle->environment;
  ++handle->references;  // disposing may shorten the scope's list, which would delete it
  disposeTensor(*handle);
  --handle->references;
  release(handle);
  environment->forget(environment->tensors, handle);
}

void put(Environment& environment, size_t depth, TensorHandle& handle) {
  handle.scope = depth;
  ++handle.references;
  environment.scopes[depth - 1].handles.push_back(&handle);
}

}  // namespace

napi_value wrapTensor(napi_env env, at::Tensor tensor) {
  if (!tensor.defined()) return makeNull(env);
  Environment& environment = Environment::of(env);
  if (environment.tensorClass == nullptr) throw std::runtime_error("the class Tensor was never imported");
  napi_value constructor, object;
  check(env, napi_get_reference_value(env, environment.tensorClass, &constructor));
  check(env, napi_new_instance(env, constructor, 0, nullptr, &object));
  auto handle = std::make_unique<TensorHandle>(TensorHandle{std::move(tensor), &environment});
  environment.tensors.insert(handle.get());
  if (napi_wrap(env, object, handle.get(), finalise, nullptr, nullptr) != napi_ok) {
    environment.tensors.erase(handle.get());
    failed(env, napi_generic_failure);
  }
  TensorHandle& wrapped = *handle.release();
  if (environment.scopes.empty()) {
    becomeUnscoped(wrapped);
  } else {
    put(environment, environment.scopes.size(), wrapped);
  }
  return object;
}

TensorHandle* findTensor(napi_env env, napi_value value) {
  void* data = nullptr;
  if (napi_unwrap(env, value, &data) != napi_ok) return nullptr;
  return Environment::of(env).tensors.count(data) == 1 ? static_cast<TensorHandle*>(data) : nullptr;
}

at::Tensor& unwrapTensor(napi_env env, napi_value value) {
  TensorHandle* handle = findTensor(env, value);
  if (handle == nullptr) throw ArgumentError("must be a Tensor of this thread, not " + describe(env, value));
  if (!handle->tensor.defined()) {
    raise({"disposed",
           "the tensor was disposed: by dispose(), or by the end of the tidy() that it was made in. "
           "Return it from tidy(), or call keep() on it.",
           {}, {}, {}});
  }
  return handle->tensor;
}

void disposeTensor(TensorHandle& handle) {
  if (!handle.tensor.defined()) return;
  handle.tensor.reset();
  if (handle.reported != 0) tellCollector(handle, 0);
  markStale(handle);
}

void keepTensor(TensorHandle& handle) {
  if (handle.scope == 0) return;
  markStale(handle);
  becomeUnscoped(handle);
}

size_t beginScope(Environment& environment) {
  environment.scopes.emplace_back();
  return environment.scopes.size();
}

void endScope(Environment& environment, size_t depth, const std::vector<TensorHandle*>& returned) {
  if (depth == 0 || depth > environment.scopes.size()) throw std::runtime_error("the scope has ended already");
  for (TensorHandle* handle : returned) handle->returned = true;
  while (environment.scopes.size() >= depth) {
    const size_t current = environment.scopes.size();
    // Emptied before it is left: disposing looks at the scope that owns a tensor.
    std::vector<TensorHandle*> handles = std::move(environment.scopes.back().handles);
    environment.scopes.pop_back();
    for (TensorHandle* handle : handles) {
      if (handle->scope == current) {
        handle->scope = 0;
        if (!handle->returned) {
          disposeTensor(*handle);
        } else if (current > 1) {
          put(environment, current - 1, *handle);
        } else {
          becomeUnscoped(*handle);
        }
      }
      release(handle);
    }
  }
  for (TensorHandle* handle : returned) handle->returned = false;
}

}  // namespace phenoprint
