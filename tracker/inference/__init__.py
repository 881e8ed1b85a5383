"""A trained network outside of training: written to a folder, and loaded from it anywhere.

It knows networks, and nothing of how they were trained or tracked.
"""
