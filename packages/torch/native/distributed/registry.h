#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "js.h"

namespace phenoprint {

/** What JavaScript holds by a number; any thread of the process may. */
template <class Held>
class Registry {
 public:
  explicit Registry(const char* name) : name_(name) {}

  int64_t add(std::shared_ptr<Held> held) {
    const std::lock_guard guard(mutex_);
    held_[++last_] = std::move(held);
    return last_;
  }

  std::shared_ptr<Held> find(int64_t id) {
    const std::lock_guard guard(mutex_);
    const auto found = held_.find(id);
    if (found == held_.end()) throw ArgumentError(std::string("is no ") + name_ + ", or one that was closed");
    return found->second;
  }

  /** Nothing when it is not there. */
  std::shared_ptr<Held> remove(int64_t id) {
    const std::lock_guard guard(mutex_);
    const auto node = held_.extract(id);
    return node.empty() ? nullptr : node.mapped();
  }

 private:
  const char* const name_;
  std::mutex mutex_;
  std::map<int64_t, std::shared_ptr<Held>> held_;
  int64_t last_ = 0;
};

}  // namespace phenoprint
