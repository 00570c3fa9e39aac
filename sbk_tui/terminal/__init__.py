"""Screen output at the price of curses: cell diff under Textual, own list, start of the program.

Neighbours need `lean.LeanApp`, `listview.PagedList` and `startup`; the rest is inside.
"""
