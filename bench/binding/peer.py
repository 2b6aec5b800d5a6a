"""The same calls in PyTorch: reads a name, answers with the microseconds of a call."""

import json
import sys
import time

import torch

CALLS = 20_000


def main():
    torch.set_num_threads(1)
    a, b = torch.ones(4), torch.ones(4)
    work = {
        "add": lambda: torch.add(a, b),
        "mul-number": lambda: a.mul(2),
        "in-place": lambda: a.mul_(1),
        "view": lambda: a.view(2, 2),
        "sum": lambda: a.sum(),
    }
    for line in sys.stdin:
        call = work[line.strip()]
        with torch.no_grad():
            began = time.perf_counter()
            for _ in range(CALLS):
                call()
            print(json.dumps([(time.perf_counter() - began) * 1e6 / CALLS]), flush=True)


if __name__ == "__main__":
    main()
