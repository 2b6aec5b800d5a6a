"""The reference's way: a site's array as one .npy, read by two DataLoader workers; and zarr-python on our store.

Reads lines `make FOLDER LIST` or `CASE FOLDER LIST TILES`, answers with JSON: the seconds.
"""

import json
import sys
import time

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset

TILE = 256
BATCH = 32


def turned(tile, symmetry):
    """[channel, y, x], turned by one of eight symmetries."""
    tile = np.rot90(tile, symmetry % 4, (1, 2))
    return tile[:, :, ::-1] if symmetry >= 4 else tile


def normalised(tile):
    """Each channel to mean 0 and deviation 1, as float32 of the tile's own memory."""
    tile = tile.astype(np.float32)
    tile -= tile.mean((1, 2), keepdims=True)
    tile /= tile.std((1, 2), keepdims=True) + 1e-10
    return torch.from_numpy(np.ascontiguousarray(tile))


class Tiles(Dataset):
    """One tile of a site, drawn anew for each index."""

    def __init__(self, sites, tiles, read):
        self.sites, self.tiles, self.read = sites, tiles, read

    def __len__(self):
        return self.tiles

    def __getitem__(self, index):
        random = np.random.default_rng(index)
        y, x = random.integers(0, 2, 2) * TILE
        site = self.sites[random.integers(len(self.sites))]
        return normalised(turned(self.read(site, y, x), random.integers(8)))


def whole(path):
    def read(site, y, x):
        return np.load(f"{path}/{site['npy']}")[:, y : y + TILE, x : x + TILE]

    return read


def mapped(path):
    def read(site, y, x):
        return np.load(f"{path}/{site['npy']}", mmap_mode="r")[:, y : y + TILE, x : x + TILE]

    return read


class Zarr:
    """Opens each plate once in each worker."""

    def __init__(self):
        self.arrays = {}

    def __call__(self, site, y, x):
        import zarr

        key = (site["plate"], site["group"])
        if key not in self.arrays:
            store = zarr.storage.ZipStore(site["plate"], mode="r")
            self.arrays[key] = zarr.open_array(store, path=f"{site['group']}/0", mode="r")
        return np.asarray(self.arrays[key][:, y : y + TILE, x : x + TILE])


READERS = {"dataloader": whole, "dataloader-mmap": mapped, "zarr-python": lambda _: Zarr()}


def make(folder, sites):
    for site in sites:
        planes = [np.asarray(Image.open(image)) for image in site["images"]]
        np.save(f"{folder}/{site['npy']}", np.stack(planes))


def main():
    loaders = {}
    for line in sys.stdin:
        case, folder, listed, *rest = line.split()
        with open(listed) as file:
            sites = json.load(file)
        if case == "make":
            make(folder, sites)
            print(json.dumps([]), flush=True)
            continue
        tiles = int(rest[0])
        if case not in loaders:
            dataset = Tiles(sites, tiles, READERS[case](folder))
            loaders[case] = DataLoader(dataset, BATCH, num_workers=2, persistent_workers=True)
        began = time.perf_counter()
        count = sum(len(batch) for batch in loaders[case])
        assert count == tiles, count
        print(json.dumps([time.perf_counter() - began]), flush=True)


main()
