"""What an answer of a trained network rests on: maps over the image, and whether they can be believed.

It knows networks and pixels, and nothing of how maps are drawn.
"""
