"""Trained networks on images of elsewhere: found, checked for leakage, asked, measured, recorded.

It does not train, and knows no command line.
"""
