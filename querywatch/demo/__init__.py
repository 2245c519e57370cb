"""A practice in a box."""
