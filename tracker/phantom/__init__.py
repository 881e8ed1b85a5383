"""Synthetic chest radiographs, drawn from nothing: the same bytes on every machine.

It knows anatomy, disease and projection, and nothing of the data sets that use its images.
"""
