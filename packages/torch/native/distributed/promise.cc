#include "promise.h"

#include <memory>

#include "guard.h"

namespace phenoprint {
namespace {

struct Task {
  std::function<double()> work;
  napi_async_work handle = nullptr;
  napi_deferred deferred = nullptr;
  double result = 0;
  bool failed = false;
  Fault fault;
};

void execute(napi_env, void* data) {
  Task& task = *static_cast<Task*>(data);
  try {
    task.result = task.work();
  } catch (...) {
    task.fault = currentFault();
    task.failed = true;
  }
}

void complete(napi_env env, napi_status, void* data) {
  const std::unique_ptr<Task> task(static_cast<Task*>(data));
  try {
    if (task->failed) {
      check(env, napi_reject_deferred(env, task->deferred, makeError(env, task->fault)));
    } else {
      check(env, napi_resolve_deferred(env, task->deferred, makeNumber(env, task->result)));
    }
    check(env, napi_delete_async_work(env, task->handle));
  } catch (...) {
    throwIntoJavaScript(env);
  }
}

}  // namespace

napi_value promiseOf(napi_env env, const char* name, std::function<double()> work) {
  auto task = std::make_unique<Task>();
  task->work = std::move(work);
  napi_value promise;
  check(env, napi_create_promise(env, &task->deferred, &promise));
  check(env, napi_create_async_work(env, nullptr, makeString(env, name), execute, complete, task.get(), &task->handle));
  check(env, napi_queue_async_work(env, task->handle));
  task.release();
  return promise;
}

}  // namespace phenoprint
