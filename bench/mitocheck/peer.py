"""The peer of the mitocheck bench: stock PyTorch, eager, channels-last.

EfficientNet-B0 from scratch on the MitoCheck crops, by the same recipe as configs/mitocheck: plates
sorted, fold = index mod 5, test fold 0, validation fold 1 (held out of training, not used); batch
64, AdamW with weight decay 0.02, one-cycle to 2e-3 with 20 % warm-up, label smoothing 0.1, each
image standardised, the eight symmetries in training and at test, 40 epochs, last weights. Weights
begin as ours do: convolutions as in torchvision, the classifier as nn.Linear draws it (within
1 / sqrt(in_features)), but with a zero bias.

Prints one line of JSON: accuracy and balanced accuracy on the test fold, and the seconds that the
whole way took, from the image files to the figures (imports not counted).
"""

import argparse
import csv
import json
import math
import os
import sys
import time

import numpy
import torch
from PIL import Image
from torch.nn import functional

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../peers"))
from efficientnet import EfficientNet  # noqa: E402


def load(folder):
    with open(os.path.join(folder, "manifest.csv"), newline="") as file:
        rows = list(csv.DictReader(file))
    images = numpy.stack(
        [numpy.asarray(Image.open(os.path.join(folder, "images", row["file"]))) for row in rows]
    ).astype(numpy.float32)
    mean = images.mean((1, 2), keepdims=True)
    std = images.std((1, 2), keepdims=True)
    images = torch.from_numpy((images - mean) / (std + 1e-10)).unsqueeze(1)
    names = sorted({row["class"] for row in rows})
    labels = torch.tensor([names.index(row["class"]) for row in rows])
    plates = sorted({row["plate"] for row in rows})
    fold = torch.tensor([plates.index(row["plate"]) % 5 for row in rows])
    return images, labels, fold, len(names)


def symmetry(images, code):
    """One of the eight symmetries of the square, by three bits: flip x, flip y, transpose."""
    if code & 1:
        images = images.flip(3)
    if code & 2:
        images = images.flip(2)
    return images.transpose(2, 3) if code & 4 else images


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    arguments = parser.parse_args()

    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    began = time.perf_counter()
    images, labels, fold, classes = load(arguments.folder)
    train = (fold >= 2).nonzero().flatten()
    test = (fold == 0).nonzero().flatten()

    network = EfficientNet("b0", 1, classes).to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=0.02)
    steps = math.ceil(len(train) / 64)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, 2e-3, total_steps=arguments.epochs * steps, pct_start=0.2
    )
    network.train()
    for _ in range(arguments.epochs):
        for chosen in train[torch.randperm(len(train))].split(64):
            codes = torch.randint(0, 8, (len(chosen),)).tolist()
            batch = torch.cat([symmetry(images[i : i + 1], c) for i, c in zip(chosen.tolist(), codes)])
            logits = network(batch.contiguous(memory_format=torch.channels_last))
            loss = functional.cross_entropy(logits, labels[chosen], label_smoothing=0.1)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()

    network.eval()
    with torch.inference_mode():
        logits = torch.cat(
            [
                torch.stack(
                    [
                        network(symmetry(images[part], code).contiguous(memory_format=torch.channels_last))
                        for code in range(8)
                    ]
                ).mean(0)
                for part in test.split(64)
            ]
        )
    right = logits.argmax(1) == labels[test]
    recalls = [right[labels[test] == c].float().mean().item() for c in labels[test].unique()]
    print(
        json.dumps(
            {
                "accuracy": right.float().mean().item(),
                "balancedAccuracy": sum(recalls) / len(recalls),
                "seconds": time.perf_counter() - began,
                "train": len(train),
                "test": len(test),
            }
        )
    )


if __name__ == "__main__":
    main()
