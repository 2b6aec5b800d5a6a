#include "environment.h"

namespace phenoprint {

Environment& Environment::of(napi_env env) {
  void* data = nullptr;
  check(env, napi_get_instance_data(env, &data));
  return *static_cast<Environment*>(data);
}

void Environment::install(napi_env env) {
  auto environment = std::make_unique<Environment>(env);
  // At a thread's end Node finalises handles and this in an order that it does not promise.
  const auto end = [](napi_env, void* data, void*) {
    auto* self = static_cast<Environment*>(data);
    self->ended_ = true;
    self->modes.clear();
    self->deleteWhenUnused();
  };
  check(env, napi_set_instance_data(env, environment.get(), end, nullptr));
  environment.release();
}

void Environment::forget(std::unordered_set<const void*>& handles, const void* handle) {
  handles.erase(handle);
  deleteWhenUnused();
}

void Environment::deleteWhenUnused() {
  if (ended_ && tensors.empty() && generators.empty()) delete this;
}

}  // namespace phenoprint
