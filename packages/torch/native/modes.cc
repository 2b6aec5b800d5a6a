#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>
#include <c10/core/InferenceMode.h>

#include "exports.h"
#include "guard.h"
#include "names.h"

// States of a thread that hold for a while, last in, first out.
namespace phenoprint {
namespace {

struct GradMode final : Mode {
  explicit GradMode(bool enabled) : guard(enabled) {}
  at::AutoGradMode guard;
};

struct InferenceMode final : Mode {
  c10::InferenceMode guard{true};
};

/** As torch.autocast: weights cast once are kept until the outermost region ends. */
struct Autocast final : Mode {
  Autocast(at::DeviceType device, bool enabled, at::ScalarType type)
      : device(device),
        wasEnabled(at::autocast::is_autocast_enabled(device)),
        wasType(at::autocast::get_autocast_dtype(device)) {
    at::autocast::set_autocast_enabled(device, enabled);
    at::autocast::set_autocast_dtype(device, type);
    at::autocast::increment_nesting();
  }
  ~Autocast() override {
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(device, wasEnabled);
    at::autocast::set_autocast_dtype(device, wasType);
  }
  const at::DeviceType device;
  const bool wasEnabled;
  const at::ScalarType wasType;
};

napi_value enter(const Call& call, std::unique_ptr<Mode> mode) {
  auto& modes = call.environment().modes;
  modes.push_back(std::move(mode));
  return makeNumber(call.env, static_cast<double>(modes.size()));
}

/** enterGradMode(enabled), as all enter functions, gives the depth that leaveMode() takes. */
napi_value enterGradMode(const Call& call) { return enter(call, std::make_unique<GradMode>(readBoolean(call.env, call[0]))); }

napi_value enterInferenceMode(const Call& call) { return enter(call, std::make_unique<InferenceMode>()); }

/** enterAutocast(device, enabled, dtype) */
napi_value enterAutocast(const Call& call) {
  const at::DeviceType device = c10::Device(readString(call.env, call[0])).type();
  const at::ScalarType type = dtypeOf(readString(call.env, call[2]));
  if (type != at::kBFloat16 && type != at::kHalf) throw ArgumentError("\"dtype\" of autocast() must be bfloat16 or float16");
  return enter(call, std::make_unique<Autocast>(device, readBoolean(call.env, call[1]), type));
}

/** leaveMode(depth): ends the mode entered at this depth, and every one inside it. */
napi_value leaveMode(const Call& call) {
  auto& modes = call.environment().modes;
  const auto depth = static_cast<size_t>(readInteger(call.env, call[0]));
  while (depth > 0 && modes.size() >= depth) modes.pop_back();
  return makeUndefined(call.env);
}

napi_value isGradEnabled(const Call& call) { return makeBoolean(call.env, c10::GradMode::is_enabled()); }

}  // namespace

void exportModes(napi_env env, napi_value exports) {
  exportFunction<enterGradMode>(env, exports, "enterGradMode");
  exportFunction<enterInferenceMode>(env, exports, "enterInferenceMode");
  exportFunction<enterAutocast>(env, exports, "enterAutocast");
  exportFunction<leaveMode>(env, exports, "leaveMode");
  exportFunction<isGradEnabled>(env, exports, "isGradEnabled");
}

}  // namespace phenoprint
