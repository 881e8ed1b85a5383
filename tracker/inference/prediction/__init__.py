"""Many images asked about, and their answers in a file that is gone on with after an interruption.

It knows networks as they are loaded, and nothing of runs but which stored one.
"""
