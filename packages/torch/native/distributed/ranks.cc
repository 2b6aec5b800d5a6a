#include "exports.h"
#include "gradient_buckets.h"
#include "group.h"
#include "guard.h"
#include "promise.h"
#include "registry.h"
#include "summed.h"
#include "tensor_handle.h"

namespace phenoprint {
namespace {

Registry<Group>& groups() {
  // Never destroyed: threads of other workers may still be in one when the process ends.
  static auto& registry = *new Registry<Group>("group of ranks");
  return registry;
}

Registry<GradientBuckets>& buckets() {
  static auto& registry = *new Registry<GradientBuckets>("gradients of a group");
  return registry;
}

std::shared_ptr<Group> readGroup(const Call& call) { return groups().find(readInteger(call.env, call[0])); }

std::vector<at::Tensor> readTensors(napi_env env, napi_value list) {
  std::vector<at::Tensor> tensors;
  forEach(env, list, [&](napi_value element) { tensors.push_back(unwrapTensor(env, element)); });
  return tensors;
}

Reduction readReduction(napi_env env, napi_value value) {
  const std::string name = readString(env, value);
  if (name == "sum") return Reduction::kSum;
  if (name == "mean") return Reduction::kMean;
  if (name == "max") return Reduction::kMax;
  throw ArgumentError("\"reduction\" must be sum, mean or max, not " + name);
}

/** joinGroup(address, port, rank, size, seconds, serves, prefix, ownGpu or null): a promise of the group's number. */
napi_value joinGroup(const Call& call) {
  const napi_env env = call.env;
  Rendezvous rendezvous{
      readString(env, call[0]),
      static_cast<uint16_t>(readInteger(env, call[1])),
      static_cast<int>(readInteger(env, call[2])),
      static_cast<int>(readInteger(env, call[3])),
      std::chrono::milliseconds(static_cast<int64_t>(readNumber(env, call[4]) * 1000)),
      readBoolean(env, call[5]),
      readString(env, call[6]),
      isNullish(env, call[7]) ? std::nullopt : std::optional(readBoolean(env, call[7])),
  };
  return promiseOf(env, "joinGroup", [rendezvous = std::move(rendezvous)] {
    return static_cast<double>(groups().add(Group::join(rendezvous)));
  });
}

/** leaveGroup(group) */
napi_value leaveGroup(const Call& call) {
  groups().remove(readInteger(call.env, call[0]));
  return makeUndefined(call.env);
}

/** allReduce(group, tensors, reduction): in place. */
napi_value allReduce(const Call& call) {
  readGroup(call)->allReduce(readTensors(call.env, call[1]), readReduction(call.env, call[2]));
  return makeUndefined(call.env);
}

/** broadcast(group, tensors, root): in place. */
napi_value broadcast(const Call& call) {
  readGroup(call)->broadcast(readTensors(call.env, call[1]), static_cast<int>(readInteger(call.env, call[2])));
  return makeUndefined(call.env);
}

/** allGather(group, tensor): `[rank, ...]`. */
napi_value allGather(const Call& call) {
  return wrapTensor(call.env, readGroup(call)->allGather(unwrapTensor(call.env, call[1])));
}

/** summedOverRanks(group, tensor): a new tensor, with a gradient. */
napi_value summedOverRanks(const Call& call) {
  return wrapTensor(call.env, summed(unwrapTensor(call.env, call[1]), readGroup(call)));
}

/** gradientBuckets(group, parameters, bucketBytes): the number of the buckets. */
napi_value gradientBuckets(const Call& call) {
  const auto made = GradientBuckets::over(readGroup(call), readTensors(call.env, call[1]), readInteger(call.env, call[2]));
  return makeInteger(call.env, buckets().add(made));
}

/** armGradients(buckets) */
napi_value armGradients(const Call& call) {
  buckets().find(readInteger(call.env, call[0]))->arm();
  return makeUndefined(call.env);
}

/** finishGradients(buckets) */
napi_value finishGradients(const Call& call) {
  buckets().find(readInteger(call.env, call[0]))->finish();
  return makeUndefined(call.env);
}

/** dropGradients(buckets) */
napi_value dropGradients(const Call& call) {
  if (const auto dropped = buckets().remove(readInteger(call.env, call[0]))) dropped->detach();
  return makeUndefined(call.env);
}

}  // namespace

void exportRanks(napi_env env, napi_value exports) {
  exportFunction<joinGroup>(env, exports, "joinGroup");
  exportFunction<leaveGroup>(env, exports, "leaveGroup");
  exportFunction<allReduce>(env, exports, "allReduce");
  exportFunction<broadcast>(env, exports, "broadcast");
  exportFunction<allGather>(env, exports, "allGather");
  exportFunction<summedOverRanks>(env, exports, "summedOverRanks");
  exportFunction<gradientBuckets>(env, exports, "gradientBuckets");
  exportFunction<armGradients>(env, exports, "armGradients");
  exportFunction<finishGradients>(env, exports, "finishGradients");
  exportFunction<dropGradients>(env, exports, "dropGradients");
}

}  // namespace phenoprint
