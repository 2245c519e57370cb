"""How long a private server takes to start and a practice to load, and how large it is.

Run it as a program, on an otherwise idle machine: python tests/benchmarks/practice_load.py [SCALE ...]
"""

import argparse
import os
import time

from querywatch.demo.backends import ServerEvidence
from querywatch.demo.practice import DEFAULT_SCALE, load_practice
from querywatch.demo.schema import DATABASE
from querywatch.demo.server import PrivateServer

_SIZE = (
    "SELECT SUM(DATA_LENGTH), SUM(INDEX_LENGTH), (SELECT COUNT(*) FROM {0}.patient)"
    " FROM information_schema.TABLES WHERE TABLE_SCHEMA = '{0}'"
)


def measure(scale: float) -> str:
    """One line about one scale."""
    begin = time.monotonic()
    with PrivateServer(ServerEvidence.USERSTAT) as server:
        started = time.monotonic()
        rows = load_practice(server, scale=scale)
        loaded = time.monotonic()
        with server.connect() as connection, connection.cursor() as cursor:
            cursor.execute(_SIZE.format(DATABASE))
            ((data_bytes, index_bytes, patients),) = cursor.fetchall()
        version = server.version_text
    return (
        f"scale {scale:<5g} {version}: start {started - begin:.1f} s, load {loaded - started:.1f} s;"
        f" {sum(rows.values()):,} rows ({patients:,} patients),"
        f" {float(data_bytes) / 1e6:.0f} MB of data, {float(index_bytes) / 1e6:.0f} MB of indexes"
    )


def main() -> None:
    """Measure each scale in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scales", nargs="*", type=float, default=[0.1, DEFAULT_SCALE, 1.0])
    print(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.2f} at the start")
    for scale in parser.parse_args().scales:
        print(measure(scale), flush=True)


if __name__ == "__main__":
    main()
