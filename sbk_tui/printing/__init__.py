"""Record to document to paper: a paper is a function of a record."""
