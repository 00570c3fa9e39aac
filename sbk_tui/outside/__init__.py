"""The systems outside: record layouts, files to and fro, and twins that answer them."""
