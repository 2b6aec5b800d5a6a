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
import time

import numpy
import torch
from PIL import Image
from torch import nn
from torch.nn import functional

# expansion, kernel, stride, output channels, repeats: table 1 of Tan & Le 2019 (arXiv:1905.11946)
STAGES = [
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
]


def convolution(inputs, outputs, kernel, stride=1, groups=1, activation=True):
    layers = [
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
    ]
    if activation:
        layers.append(nn.SiLU(inplace=True))
    return nn.Sequential(*layers)


class SqueezeExcite(nn.Module):
    def __init__(self, channels, reduced):
        super().__init__()
        self.reduce = nn.Conv2d(channels, reduced, 1)
        self.expand = nn.Conv2d(reduced, channels, 1)

    def forward(self, x):
        scale = functional.silu(self.reduce(x.mean((2, 3), keepdim=True)))
        return x * torch.sigmoid(self.expand(scale))


class Block(nn.Module):
    def __init__(self, inputs, outputs, expansion, kernel, stride, drop):
        super().__init__()
        middle = inputs * expansion
        layers = [convolution(inputs, middle, 1)] if expansion != 1 else []
        layers.append(convolution(middle, middle, kernel, stride, groups=middle))
        layers.append(SqueezeExcite(middle, max(1, inputs // 4)))
        layers.append(convolution(middle, outputs, 1, activation=False))
        self.body = nn.Sequential(*layers)
        self.residual = stride == 1 and inputs == outputs
        self.drop = drop

    def forward(self, x):
        y = self.body(x)
        if not self.residual:
            return y
        if self.training and self.drop > 0:
            keep = 1 - self.drop
            y = y * torch.empty(len(y), 1, 1, 1, dtype=y.dtype).bernoulli_(keep).div_(keep)
        return x + y


class EfficientNetB0(nn.Module):
    def __init__(self, channels, classes):
        super().__init__()
        layers = [convolution(channels, 32, 3, 2)]
        inputs, index = 32, 0
        total = sum(stage[4] for stage in STAGES)
        for expansion, kernel, stride, outputs, repeats in STAGES:
            for repeat in range(repeats):
                first = repeat == 0
                layers.append(
                    Block(inputs, outputs, expansion, kernel, stride if first else 1, 0.2 * index / total)
                )
                inputs, index = outputs, index + 1
        layers.append(convolution(inputs, 1280, 1))
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(1280, classes))
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out")
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
            elif isinstance(module, nn.Linear):
                bound = 1 / math.sqrt(module.in_features)
                nn.init.uniform_(module.weight, -bound, bound)
                nn.init.zeros_(module.bias)

    def forward(self, x):
        return self.classifier(self.features(x).mean((2, 3)))


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

    network = EfficientNetB0(1, classes).to(memory_format=torch.channels_last)
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
