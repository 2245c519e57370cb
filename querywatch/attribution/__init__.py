"""Says whose a session, an account or a shape is."""
