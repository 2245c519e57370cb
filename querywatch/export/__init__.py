"""Shows what is known: metrics and web."""
