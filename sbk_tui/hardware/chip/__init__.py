"""The chip of the social-security card: layout, commands, reader driver, and the virtual card."""
