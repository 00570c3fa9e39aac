"""Push to the city and take its word back; runs in a process of its own."""
