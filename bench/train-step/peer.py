"""Training steps of EfficientNet in stock PyTorch, channels-last, on request.

Reads lines `precision steps` from standard input (fp32 or bf16), does so many steps of Adam on 16
random images of 6 x 256 x 256 with 1,108 classes, and answers each with a line of JSON: the seconds
of each step.
"""

import argparse
import json
import os
import sys
import time

import torch
from torch.nn import functional

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../peers"))
from efficientnet import EfficientNet  # noqa: E402


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--variant", default="b0")
    parser.add_argument("--activation", default="silu")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--compile", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    network = EfficientNet(arguments.variant, 6, 1108, arguments.activation)
    network = network.to(memory_format=torch.channels_last).train()
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-3)
    forward = torch.compile(network) if arguments.compile else network
    images = torch.randn(16, 6, 256, 256).contiguous(memory_format=torch.channels_last)
    labels = torch.arange(16)

    def step(precision):
        began = time.perf_counter()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bf16"):
            logits = forward(images)
        loss = functional.cross_entropy(logits.float(), labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        return time.perf_counter() - began

    for line in sys.stdin:
        precision, steps = line.split()
        print(json.dumps([step(precision) for _ in range(int(steps))]), flush=True)


if __name__ == "__main__":
    main()
