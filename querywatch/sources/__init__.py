"""Reads the servers' tables, one module a table."""
