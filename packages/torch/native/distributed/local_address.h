#pragma once
#include <cstdint>
#include <string>

namespace phenoprint {

/** The address of this machine from which it would reach another: others of that network reach it there. */
std::string localAddressTowards(const std::string& host, uint16_t port);

}  // namespace phenoprint
