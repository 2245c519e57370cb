"""Watches, read-only, what other companies' software does to an office's database."""

__version__ = "0.1.0"
