"""One file per job of the counter: draws, asks and hands over; decides nothing."""
