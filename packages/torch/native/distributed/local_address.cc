#include "local_address.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <stdexcept>

namespace phenoprint {

std::string localAddressTowards(const std::string& host, uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  if (const int fault = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found); fault != 0) {
    throw std::runtime_error("the address \"" + host + "\" is not known: " + gai_strerror(fault));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, freeaddrinfo);
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    const int descriptor = socket(each->ai_family, each->ai_socktype, each->ai_protocol);
    if (descriptor < 0) continue;
    // Nothing is sent: the system only chooses the way.
    sockaddr_storage local{};
    socklen_t length = sizeof(local);
    char name[NI_MAXHOST];
    const bool known = connect(descriptor, each->ai_addr, each->ai_addrlen) == 0 &&
                       getsockname(descriptor, reinterpret_cast<sockaddr*>(&local), &length) == 0 &&
                       getnameinfo(reinterpret_cast<sockaddr*>(&local), length, name, sizeof(name), nullptr, 0, NI_NUMERICHOST) == 0;
    close(descriptor);
    if (known) return name;
  }
  throw std::runtime_error("there is no way from here to \"" + host + "\"");
}

}  // namespace phenoprint
