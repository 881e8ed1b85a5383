"""Numbers of a comparison from the answers of its networks: intervals, tests, probabilities.

It knows arrays, and neither runs nor files nor words: what a number means is said elsewhere.
"""
