"""The same steps with DistributedDataParallel over Gloo: reads how many, answers with the seconds of each."""

import argparse
import json
import os
import sys
import time

import torch
import torch.distributed as dist
from torch.nn import functional

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../peers"))
from efficientnet import EfficientNet  # noqa: E402

JOINED_BATCH = 16


def main():
    parser = argparse.ArgumentParser()
    for name in ("rank", "size", "port"):
        parser.add_argument(f"--{name}", type=int)
    place = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    network = EfficientNet("b0", 6, 1108, "silu").to(memory_format=torch.channels_last).train()
    if place.size > 1:
        where = f"tcp://127.0.0.1:{place.port}"
        dist.init_process_group("gloo", init_method=where, rank=place.rank, world_size=place.size)
        network = torch.nn.parallel.DistributedDataParallel(network)
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-3)
    own = JOINED_BATCH // place.size
    images = torch.randn(own, 6, 128, 128).contiguous(memory_format=torch.channels_last)
    labels = torch.arange(own)

    def step():
        began = time.perf_counter()
        loss = functional.cross_entropy(network(images), labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        return time.perf_counter() - began

    for line in sys.stdin:
        print(json.dumps([step() for _ in range(int(line))]), flush=True)


if __name__ == "__main__":
    main()
