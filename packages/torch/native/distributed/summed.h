#pragma once
#include <ATen/core/Tensor.h>

#include "group.h"

namespace phenoprint {

/** The sum of a tensor over the ranks, which autograd knows: its gradient is the sum of the ranks' gradients. */
at::Tensor summed(const at::Tensor& tensor, const std::shared_ptr<Group>& group);

}  // namespace phenoprint
