#include "group.h"

#include <ATen/Functions.h>
#include <c10/util/Exception.h>
#include <c10/util/Logging.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <cstdlib>
#include <map>

#include "guard.h"
#include "local_address.h"
#include "nccl.h"

namespace phenoprint {
namespace {

using Gloo = c10d::ProcessGroupGloo;

/** The network that GLOO_SOCKET_IFNAME names, as PyTorch reads it; else the one that leads to the store. */
std::shared_ptr<gloo::transport::Device> deviceTowards(const Rendezvous& rendezvous) {
  const char* interface = std::getenv("GLOO_SOCKET_IFNAME");
  if (interface != nullptr && *interface != '\0') return Gloo::createDeviceForInterface(interface);
  return Gloo::createDeviceForHostname(localAddressTowards(rendezvous.address, rendezvous.port));
}

[[noreturn]] void lost(const std::string& what, const std::exception& error) {
  const auto* ofTorch = dynamic_cast<const c10::Error*>(&error);
  const char* why = ofTorch == nullptr ? error.what() : ofTorch->what_without_backtrace();
  raise({"ranks", what + ": " + why, {}, {}, {}});
}

std::string rankOf(const c10d::Backend& backend) {
  return "rank " + std::to_string(backend.getRank()) + " of " + std::to_string(backend.getSize());
}

/** Does work with the tensors of each dtype and place as one, and copies the results back. */
template <class Work>
void joined(const Group& group, const std::vector<at::Tensor>& tensors, Work work) {
  std::map<std::pair<at::ScalarType, std::string>, std::vector<at::Tensor>> alike;
  for (const at::Tensor& tensor : tensors) {
    alike[{tensor.scalar_type(), group.placeOf(tensor.device()).str()}].push_back(tensor);
  }
  for (const auto& [kind, some] : alike) {
    std::vector<at::Tensor> flat;
    for (const at::Tensor& tensor : some) flat.push_back(tensor.detach().reshape({-1}).to(group.placeOf(tensor.device())));
    at::Tensor all = at::cat(flat);
    work(all);
    int64_t from = 0;
    for (const at::Tensor& tensor : some) {
      tensor.detach().copy_(all.narrow(0, from, tensor.numel()).view(tensor.sizes()));
      from += tensor.numel();
    }
  }
}

}  // namespace

std::shared_ptr<Group> Group::join(const Rendezvous& rendezvous) {
  // What c10d would print of a fault, stack and all, is told by the error.
  FLAGS_caffe2_log_level = c10::GLOG_FATAL;
  try {
    c10d::TCPStoreOptions options;
    options.port = rendezvous.port;
    options.isServer = rendezvous.serves;
    options.waitWorkers = false;
    options.timeout = rendezvous.timeout;
    const auto store = c10::make_intrusive<c10d::TCPStore>(rendezvous.address, options);
    const auto named = c10::make_intrusive<c10d::PrefixStore>(rendezvous.prefix, store);
    const auto settings = Gloo::Options::create(rendezvous.timeout);
    settings->devices.push_back(deviceTowards(rendezvous));
    auto gloo = c10::make_intrusive<Gloo>(named, rendezvous.rank, rendezvous.size, settings);
    const std::shared_ptr<Group> group(new Group(std::move(gloo)));
    if (rendezvous.ownGpu.has_value()) {
      // All of them by NCCL, or none.
      const at::Tensor without = at::full({1}, hasNccl() && *rendezvous.ownGpu ? 0 : 1, at::kFloat);
      group->finish(group->start(without, Reduction::kMax));
      if (without.item<float>() == 0) {
        const auto apart = c10::make_intrusive<c10d::PrefixStore>("nccl", named);
        group->nccl_ = joinNccl(apart, rendezvous.rank, rendezvous.size, rendezvous.timeout);
      }
    }
    return group;
  } catch (const std::exception& error) {
    lost("rank " + std::to_string(rendezvous.rank) + " could not join the " + std::to_string(rendezvous.size) +
             " ranks at " + rendezvous.address + ":" + std::to_string(rendezvous.port) + " within " +
             std::to_string(rendezvous.timeout.count() / 1000) + " s",
         error);
  }
}

at::Device Group::placeOf(at::Device device) const { return device.is_cuda() && nccl_ ? device : at::Device(at::kCPU); }

c10::intrusive_ptr<c10d::Work> Group::start(at::Tensor tensor, Reduction reduction) {
  c10d::AllreduceOptions options;
  options.reduceOp = reduction == Reduction::kMax ? c10d::ReduceOp::MAX : c10d::ReduceOp::SUM;
  c10d::Backend& carrier = carrierOf(tensor);
  std::vector<at::Tensor> tensors{std::move(tensor)};
  try {
    return carrier.allreduce(tensors, options);
  } catch (const std::exception& error) {
    lost(rankOf(*backend_) + " lost the others", error);
  }
}

void Group::finish(const c10::intrusive_ptr<c10d::Work>& work) {
  try {
    work->wait();
  } catch (const std::exception& error) {
    lost(rankOf(*backend_) + " lost the others", error);
  }
}

void Group::allReduce(const std::vector<at::Tensor>& tensors, Reduction reduction) {
  joined(*this, tensors, [&](at::Tensor& all) {
    finish(start(all, reduction));
    if (reduction == Reduction::kMean) all.div_(size());
  });
}

void Group::broadcast(const std::vector<at::Tensor>& tensors, int root) {
  joined(*this, tensors, [&](at::Tensor& all) {
    c10d::BroadcastOptions options;
    options.rootRank = root;
    std::vector<at::Tensor> one{all};
    finish(carrierOf(all).broadcast(one, options));
  });
}

at::Tensor Group::allGather(const at::Tensor& tensor) {
  const at::Tensor own = tensor.detach().contiguous().cpu();
  std::vector<int64_t> shape{size()};
  for (const int64_t extent : own.sizes()) shape.push_back(extent);
  at::Tensor all = at::empty(shape, own.options());
  std::vector<std::vector<at::Tensor>> results{all.unbind(0)};
  std::vector<at::Tensor> inputs{own};
  finish(backend_->allgather(results, inputs));
  return all;
}

}  // namespace phenoprint
