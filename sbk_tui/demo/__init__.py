"""The training counter (B14): an invented township, its cards and its simulated devices.

May import every room but `screens`. Everybody in it is made up: names from lists, numbers with
valid check digits that no police station is known to have given out.
"""
