"""The reference's way: the images of a site, read by scikit-image, become one array [y, x, channel] in a .npy file.

Reads lines `LIST FOLDER`, a file with the images of each site; answers with JSON: the seconds. A process a core.
"""

import json
import os
import shutil
import sys
import time
from multiprocessing import Pool

import numpy as np
from skimage import io


def ingest(job):
    place, images = job
    array = np.stack([io.imread(image) for image in images], axis=-1)
    np.save(place, array)


def main():
    with Pool(len(os.sched_getaffinity(0))) as pool:
        for line in sys.stdin:
            listed, folder = line.split()
            with open(listed) as file:
                sites = json.load(file)
            shutil.rmtree(folder, ignore_errors=True)
            os.makedirs(folder)
            jobs = [(f"{folder}/{index}.npy", images) for index, images in enumerate(sites)]
            began = time.perf_counter()
            pool.map(ingest, jobs, chunksize=4)
            print(json.dumps([time.perf_counter() - began]), flush=True)


if __name__ == "__main__":
    main()
