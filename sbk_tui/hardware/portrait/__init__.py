"""头像: open a picture, say what the card's rules find wrong with it (A7), repair it, preview it.

Pure of screens and database. Pillow is imported inside the functions that need it, so this
package costs a start-up nothing. Call everything but the values from a worker thread.
"""
