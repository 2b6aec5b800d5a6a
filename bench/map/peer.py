"""The same with copairs: reads lines `make|activity|consistency PATH EXPERIMENTS TREATMENTS CONTROLS
FEATURES`, answers with [seconds, mean average precision] as JSON."""

import json
import sys
import time
import warnings

import numpy as np
import pandas as pd
from copairs.map import average_precision


def make(path, experiments, treatments, controls, features):
    """Embeddings [well, feature]: effects of different strength, and noise of each well's own."""
    draw = np.random.default_rng(7)
    strength = np.concatenate([np.linspace(0, 0.5, treatments), np.zeros(controls)])
    effects = strength[:, None] * draw.standard_normal((treatments + controls, features))
    noise = draw.standard_normal((experiments, treatments + controls, features))
    (effects + noise).astype(np.float32).tofile(path)


def profiles(experiments, treatments, controls):
    well = np.tile(np.arange(treatments + controls), experiments)
    return pd.DataFrame(
        {
            "experiment": np.repeat(np.arange(experiments), treatments + controls),
            "label": np.minimum(well, treatments),
            "treated": well < treatments,
        }
    )


def precision(question, meta, embeddings):
    keep = meta.treated | (question == "activity")
    negative = ["treated"] if question == "activity" else ["label"]
    found = average_precision(
        meta[keep].reset_index(drop=True),
        embeddings[keep],
        pos_sameby=["label"],
        pos_diffby=["experiment"],
        neg_sameby=[],
        neg_diffby=negative,
        progress_bar=False,
    )
    return float(found.average_precision[found.treated].mean())


def main():
    warnings.filterwarnings("ignore")
    for line in sys.stdin:
        verb, path, *sizes = line.split()
        experiments, treatments, controls, features = map(int, sizes)
        if verb == "make":
            make(path, experiments, treatments, controls, features)
            print("[]", flush=True)
            continue
        meta = profiles(experiments, treatments, controls)
        embeddings = np.fromfile(path, np.float32).reshape(len(meta), features)
        began = time.perf_counter()
        mean = precision(verb, meta, embeddings)
        print(json.dumps([time.perf_counter() - began, mean]), flush=True)


main()
