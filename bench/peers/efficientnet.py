"""EfficientNet in stock PyTorch, as anybody would write it: what the benches are measured against."""

import math

import torch
from torch import nn

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


# width, depth, dropout: the compound scaling of the released code
SCALINGS = {
    "b0": (1.0, 1.0, 0.2),
    "b1": (1.0, 1.1, 0.2),
    "b2": (1.1, 1.2, 0.3),
    "b3": (1.2, 1.4, 0.3),
    "b4": (1.4, 1.8, 0.4),
}
ACTIVATIONS = {"silu": nn.SiLU, "mish": nn.Mish}


def scaled(channels, width):
    """Channels times a factor, to a multiple of 8, never more than a tenth below the product."""
    wanted = channels * width
    rounded = max(8, int(wanted + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * wanted else rounded


def convolution(inputs, outputs, kernel, stride=1, groups=1, activation=None):
    layers = [
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
    ]
    if activation is not None:
        layers.append(activation(inplace=True))
    return nn.Sequential(*layers)


class SqueezeExcite(nn.Module):
    def __init__(self, channels, reduced, activation):
        super().__init__()
        self.activation = activation(inplace=True)
        self.reduce = nn.Conv2d(channels, reduced, 1)
        self.expand = nn.Conv2d(reduced, channels, 1)

    def forward(self, x):
        scale = self.activation(self.reduce(x.mean((2, 3), keepdim=True)))
        return x * torch.sigmoid(self.expand(scale))


class Block(nn.Module):
    def __init__(self, inputs, outputs, expansion, kernel, stride, drop, activation):
        super().__init__()
        middle = inputs * expansion
        layers = [convolution(inputs, middle, 1, activation=activation)] if expansion != 1 else []
        layers.append(convolution(middle, middle, kernel, stride, groups=middle, activation=activation))
        layers.append(SqueezeExcite(middle, max(1, inputs // 4), activation))
        layers.append(convolution(middle, outputs, 1))
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


class EfficientNet(nn.Module):
    def __init__(self, variant, channels, classes, activation="silu"):
        super().__init__()
        width, depth, dropout = SCALINGS[variant]
        activation = ACTIVATIONS[activation]
        inputs, index = scaled(32, width), 0
        layers = [convolution(channels, inputs, 3, 2, activation=activation)]
        total = sum(math.ceil(stage[4] * depth) for stage in STAGES)
        for expansion, kernel, stride, stage_channels, repeats in STAGES:
            outputs = scaled(stage_channels, width)
            for repeat in range(math.ceil(repeats * depth)):
                drop = 0.2 * index / total
                layers.append(
                    Block(inputs, outputs, expansion, kernel, stride if repeat == 0 else 1, drop, activation)
                )
                inputs, index = outputs, index + 1
        head = scaled(1280, width)
        layers.append(convolution(inputs, head, 1, activation=activation))
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(head, classes))
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
