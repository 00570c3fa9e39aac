"""Ports (Protocols), codecs (bytes and values), drivers (a line) and twins (the device itself)."""
