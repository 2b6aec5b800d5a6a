#include "pass_times.h"

#include <torch/library.h>

#include <atomic>
#include <map>
#include <mutex>
#include <sstream>
#include <string>

namespace phenoprint::fused {
namespace {

std::atomic<bool> recording{false};
std::mutex lock;

std::map<std::string, double>& seconds() {
  static std::map<std::string, double> times;
  return times;
}

void recordPasses(bool on) {
  const std::lock_guard<std::mutex> guard(lock);
  recording = on;
  seconds().clear();
}

/** A line `name<tab>seconds` for each pass. */
std::string passTimes() {
  const std::lock_guard<std::mutex> guard(lock);
  std::ostringstream text;
  for (const auto& [name, time] : seconds()) text << name << '\t' << time << '\n';
  return text.str();
}

}  // namespace

PassTimer::PassTimer(const char* name) : name_(recording ? name : nullptr) {
  if (name_ != nullptr) began_ = std::chrono::steady_clock::now();
}

PassTimer::~PassTimer() {
  if (name_ == nullptr) return;
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - began_;
  const std::lock_guard<std::mutex> guard(lock);
  seconds()[name_] += time.count();
}

TORCH_LIBRARY_FRAGMENT(phenoprint, library) {
  library.def("record_passes(bool on) -> ()", recordPasses);
  library.def("pass_times() -> str", passTimes);
}

}  // namespace phenoprint::fused
