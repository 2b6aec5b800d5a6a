// Whether Gloo's headers fit this libtorch: it is compiled and not linked with anything.
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>

int main() { return sizeof(c10d::ProcessGroupGloo) > 0 ? 0 : 1; }
