"""Which images train, validate and test: rules, whole numbers, folds, and what must stay together.

It knows a manifest, and nothing of what is in the images.
"""
