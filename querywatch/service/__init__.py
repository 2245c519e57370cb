"""Runs the watch of each server."""
