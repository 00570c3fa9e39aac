"""Rules as values: no I/O, no clock, no database, no screen. Counter and hub both decide here."""
