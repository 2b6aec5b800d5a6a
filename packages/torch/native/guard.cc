#include "guard.h"

#include <c10/util/Exception.h>

#include <new>

namespace phenoprint {
namespace {

struct Raised : std::runtime_error {
  explicit Raised(Fault fault) : std::runtime_error(fault.message), fault(std::move(fault)) {}
  Fault fault;
};

bool speaksOfMemory(const std::string& words) {
  for (const char* sign : {"not enough memory", "out of memory", "can't allocate memory"}) {
    if (words.find(sign) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

void raise(Fault fault) { throw Raised(std::move(fault)); }

Fault currentFault() {
  const auto plain = [](const char* kind, std::string message) { return Fault{kind, std::move(message), {}, {}, {}}; };
  try {
    throw;
  } catch (const JavaScriptThrew&) {
    throw;
  } catch (const Raised& error) {
    return error.fault;
  } catch (const ArgumentError& error) {
    return plain("argument", std::string("argument ") + error.what());
  } catch (const c10::Error& error) {
    const std::string words = error.what_without_backtrace();
    return plain(speaksOfMemory(words) ? "memory" : "operator", words);
  } catch (const std::bad_alloc&) {
    return plain("memory", "not enough memory");
  } catch (const std::exception& error) {
    return plain("operator", error.what());
  } catch (...) {
    return plain("operator", "an exception of an unknown type");
  }
}

napi_value makeError(napi_env env, const Fault& fault) {
  const std::string words = fault.message.rfind("torch: ", 0) == 0 ? fault.message : "torch: " + fault.message;
  napi_value details = makeObject(env);
  setProperty(env, details, "kind", makeString(env, fault.kind));
  if (!fault.op.empty()) setProperty(env, details, "operator", makeString(env, fault.op));
  if (!fault.argument.empty()) setProperty(env, details, "argument", makeString(env, fault.argument));
  if (!fault.shapes.empty()) {
    napi_value shapes = makeObject(env);
    for (const auto& [name, shape] : fault.shapes) {
      setProperty(env, shapes, name.c_str(), makeIntegers(env, shape.data(), shape.size()));
    }
    setProperty(env, details, "shapes", shapes);
  }
  napi_value constructor, error;
  napi_value arguments[] = {makeString(env, words), details};
  check(env, napi_get_reference_value(env, Environment::of(env).errorClass, &constructor));
  check(env, napi_new_instance(env, constructor, 2, arguments, &error));
  return error;
}

void throwIntoJavaScript(napi_env env) noexcept {
  try {
    napi_throw(env, makeError(env, currentFault()));
  } catch (const JavaScriptThrew&) {
    // Pending already, or the thread is ending.
  } catch (const std::exception& error) {
    napi_throw_error(env, "TORCH", error.what());
  } catch (...) {
    napi_throw_error(env, "TORCH", "an exception of an unknown type");
  }
}

}  // namespace phenoprint
