"""The city's service: it receives, verifies and decides by the same rules."""
