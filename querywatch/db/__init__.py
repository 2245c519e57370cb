"""Speaks to the servers."""
