"""EfficientNet in stock PyTorch, in evaluation mode and channels-last.

Reads lines `precision batches` from standard input (fp32 or bf16), classifies so many batches of 16
random images of 6 x 256 x 256, and answers each with a line of JSON: the seconds of each batch. With
--export it only writes the network as an ONNX file.
"""

import argparse
import json
import os
import sys
import time

import torch

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../peers"))
from efficientnet import EfficientNet  # noqa: E402


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--variant", default="b0")
    parser.add_argument("--activation", default="silu")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--export")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    network = EfficientNet(arguments.variant, 6, 1108, arguments.activation).eval()
    images = torch.randn(16, 6, 256, 256)
    if arguments.export:
        torch.onnx.export(
            network, (images,), arguments.export, input_names=["images"], output_names=["logits"], dynamo=False
        )
        return
    network = network.to(memory_format=torch.channels_last)
    images = images.contiguous(memory_format=torch.channels_last)

    def classify(precision):
        began = time.perf_counter()
        with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bf16"):
            network(images)
        return time.perf_counter() - began

    for line in sys.stdin:
        precision, batches = line.split()
        print(json.dumps([classify(precision) for _ in range(int(batches))]), flush=True)


if __name__ == "__main__":
    main()
