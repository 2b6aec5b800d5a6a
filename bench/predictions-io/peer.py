"""The same table with pyarrow: reads lines `make|write|read NUMBERS NAMES TABLE`, answers with JSON."""

import json
import os
import sys
import time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

CLASSES = 1108


def read_columns(numbers, names):
    """The logits [well, class], and the other columns by name."""
    with open(names) as file:
        columns = json.load(file)
    return np.fromfile(numbers, np.float32).reshape(-1, CLASSES), columns


def write(path, logits, columns):
    """One row group a plate, nothing compressed that ours does not compress, checksums, on the disk."""
    lists = pa.FixedSizeListArray.from_arrays(pa.array(logits.reshape(-1)), CLASSES)
    lists = lists.cast(pa.list_(pa.float32()))
    label = pa.array(columns["label"], pa.int32())
    table = pa.table({**columns, "label": label, "logits": lists})
    ends = [i for i in range(1, len(logits)) if columns["plate"][i] != columns["plate"][i - 1]]
    codecs = {name: "snappy" for name in columns} | {"logits.list.element": "none"}
    options = {"compression": codecs, "use_dictionary": False, "write_statistics": False}
    with pq.ParquetWriter(path, table.schema, write_page_checksum=True, **options) as writer:
        for start, end in zip([0, *ends], [*ends, len(logits)]):
            writer.write_table(table.slice(start, end - start))
    with open(path, "rb") as file:
        os.fsync(file.fileno())


def read(path):
    """The logits as one array, and the other columns as lists."""
    table = pq.read_table(path, page_checksum_verification=True)
    logits = table["logits"].combine_chunks().flatten().to_numpy().reshape(-1, CLASSES)
    return logits, table.drop_columns("logits").to_pydict()


def main():
    for line in sys.stdin:
        verb, numbers, names, path = line.split()
        logits, columns = read_columns(numbers, names)
        began = time.perf_counter()
        if verb == "write":
            write(path, logits, columns)
            seconds = time.perf_counter() - began
        else:
            found, others = read(path)
            seconds = time.perf_counter() - began
            assert others == columns, "other columns than were written"
            assert np.array_equal(found, logits), "other numbers than were written"
        print(json.dumps([seconds]), flush=True)


main()
