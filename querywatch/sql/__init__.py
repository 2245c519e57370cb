"""Reduces and judges SQL text."""
