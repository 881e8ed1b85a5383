"""Features, the loop and what it measures; everything that computes gradients.

It hands epochs to a recorder, and does not know where they go.
"""
