#pragma once
#include <chrono>

namespace phenoprint::fused {

/**
 * Measures one pass of a fused operator, from here to the end of the block, for the kernels bench.
 * Passes of the same name add up. Costs nothing to speak of while nobody records.
 */
class PassTimer {
 public:
  explicit PassTimer(const char* name);
  ~PassTimer();
  PassTimer(const PassTimer&) = delete;
  PassTimer& operator=(const PassTimer&) = delete;

 private:
  const char* name_;
  std::chrono::steady_clock::time_point began_;
};

}  // namespace phenoprint::fused
