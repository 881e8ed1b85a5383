"""Tables as spreadsheets write them: their text, their rows, and which column is which.

It knows how a table says things, and nothing of what becomes of the images.
"""
