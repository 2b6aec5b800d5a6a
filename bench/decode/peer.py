"""Decodes images by scikit-image or PIL, one after the other on one thread.

Reads lines `make LIST FOLDER` or `skimage LIST` or `pil LIST`; answers with JSON: the seconds, and the sum of the pixels.
`make` writes the images again with 16 bits a pixel, as a camera of 12 bits gives them.
"""

import json
import os
import sys
import time

import numpy as np
from PIL import Image
from skimage import io

DECODERS = {
    "skimage": io.imread,
    "pil": lambda file: np.asarray(Image.open(file)),
}


def make(files, folder):
    random = np.random.default_rng(1)
    os.makedirs(folder, exist_ok=True)
    for index, file in enumerate(files):
        wide = np.asarray(Image.open(file)).astype("u2") * 16
        wide += random.integers(0, 16, wide.shape, "u2")
        Image.fromarray(wide).save(f"{folder}/{index:04}.png")


def main():
    for line in sys.stdin:
        what, listed, *folder = line.split()
        with open(listed) as file:
            files = file.read().split()
        if what == "make":
            make(files, folder[0])
            print(json.dumps([]), flush=True)
            continue
        began = time.perf_counter()
        decoded = [DECODERS[what](file) for file in files]
        seconds = time.perf_counter() - began
        print(json.dumps([seconds, sum(int(image.sum(dtype="u8")) for image in decoded)]), flush=True)


main()
