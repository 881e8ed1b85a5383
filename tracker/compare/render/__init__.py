"""A table as text, Markdown, LaTeX, CSV and JSON, with the notes under it.

It knows how numbers are written, and decides none of them.
"""
