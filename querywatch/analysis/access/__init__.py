"""What statements read of tables and by which indexes, concluded from text and metadata alone."""
