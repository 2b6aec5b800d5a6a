#pragma once
#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <memory>
#include <unordered_set>
#include <vector>

#include "js.h"

namespace phenoprint {

class Environment;

/**
 * A tensor that JavaScript holds. Its wrapper refers to it, and so does the scope it was made in;
 * whichever of dispose(), the scope's end and the garbage collector comes first frees the tensor.
 */
struct TensorHandle {
  at::Tensor tensor;
  Environment* environment;
  /** The wrapper, and the scope's list. */
  int references = 1;
  /** The depth of the scope that owns it, from 1; 0 when none does. */
  size_t scope = 0;
  /** Marked by endScope() as part of what the scope returns. */
  bool returned = false;
  /** Bytes that the garbage collector has been told of. */
  int64_t reported = 0;
};

/** A generator of random numbers that JavaScript holds. */
struct GeneratorHandle {
  at::Generator generator;
  Environment* environment;
};

/** What was made since tidy() began and is not freed yet. */
struct Scope {
  std::vector<TensorHandle*> handles;
  /** How many in the list are freed or moved: the list is shortened when they are most of it. */
  size_t stale = 0;
};

/** A state of the thread (gradients off, inference, autocast) until it is destroyed. */
struct Mode {
  virtual ~Mode() = default;
};

/**
 * What belongs to one JavaScript thread. N-API values of one thread mean nothing in another, and
 * neither do its scopes; tensors' memory, operators and the allocator are the process's.
 */
class Environment {
 public:
  explicit Environment(napi_env env) : env(env) {}
  static Environment& of(napi_env env);
  /** Makes the thread's environment; it lives until the last handle is finalised. */
  static void install(napi_env env);

  const napi_env env;
  napi_ref tensorClass = nullptr;
  napi_ref errorClass = nullptr;
  /** Every handle with a wrapper: a pointer that is not here is not ours. */
  std::unordered_set<const void*> tensors;
  std::unordered_set<const void*> generators;
  std::vector<Scope> scopes;
  std::vector<std::unique_ptr<Mode>> modes;

  /** For finalisers: deletes the environment after the thread's end when nothing is left of it. */
  void forget(std::unordered_set<const void*>& handles, const void* handle);

 private:
  void deleteWhenUnused();
  bool ended_ = false;
};

}  // namespace phenoprint
