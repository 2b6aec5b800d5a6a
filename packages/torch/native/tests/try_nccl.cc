// Whether the headers of NCCL and CUDA fit this libtorch: it is compiled and not linked with anything.
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>

int main() { return sizeof(c10d::ProcessGroupNCCL) > 0 ? 0 : 1; }
