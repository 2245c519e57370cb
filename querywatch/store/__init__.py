"""The state that survives a restart, in one SQLite file: findings, baselines, history, acknowledgements, the trail.

All of it is outward text and numbers, so that no literal of anybody's statement ever reaches the disk.
"""

from querywatch.store.file import FILE_NAME, Store
from querywatch.store.migrations import SCHEMA_VERSION

__all__ = ["FILE_NAME", "SCHEMA_VERSION", "Store"]
