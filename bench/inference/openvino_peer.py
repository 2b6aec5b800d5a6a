"""The same network, from an ONNX file, in OpenVINO: answers as pytorch_peer.py does."""

import argparse
import json
import sys
import time

import numpy as np
import openvino


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    core = openvino.Core()
    model = core.read_model(arguments.model)
    requests = {}
    for precision, hint in {"fp32": "f32", "bf16": "bf16"}.items():
        compiled = core.compile_model(
            model,
            "CPU",
            {
                "INFERENCE_PRECISION_HINT": hint,
                "INFERENCE_NUM_THREADS": arguments.threads,
                "PERFORMANCE_HINT": "LATENCY",
            },
        )
        requests[precision] = compiled.create_infer_request()
    images = np.random.default_rng(0).standard_normal((16, 6, 256, 256), dtype=np.float32)

    def classify(precision):
        began = time.perf_counter()
        requests[precision].infer({0: images}, share_inputs=True)
        return time.perf_counter() - began

    for line in sys.stdin:
        precision, batches = line.split()
        print(json.dumps([classify(precision) for _ in range(int(batches))]), flush=True)


if __name__ == "__main__":
    main()
