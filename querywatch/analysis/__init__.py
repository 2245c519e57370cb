"""Turns readings into loads, and loads into findings."""
