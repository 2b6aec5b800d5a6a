#pragma once
#include "environment.h"

namespace phenoprint {

/** A JavaScript Tensor for a tensor, owned by the innermost scope; null for an undefined tensor. */
napi_value wrapTensor(napi_env env, at::Tensor tensor);

/** The handle in a JavaScript Tensor, disposed or not; nullptr for every other value. */
TensorHandle* findTensor(napi_env env, napi_value value);

/** The tensor in a JavaScript Tensor. Throws when it is none, or was disposed. */
at::Tensor& unwrapTensor(napi_env env, napi_value value);

/** Frees the tensor now; the wrapper stays and says that it was disposed. */
void disposeTensor(TensorHandle& handle);

/** Takes a tensor out of every scope. */
void keepTensor(TensorHandle& handle);

size_t beginScope(Environment& environment);
/** Frees what was made since the scope at `depth` began, but what is in `returned`: the scope outside it gets that. */
void endScope(Environment& environment, size_t depth, const std::vector<TensorHandle*>& returned);

}  // namespace phenoprint
