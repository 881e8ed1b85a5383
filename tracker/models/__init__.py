"""Torchvision's networks, their weights, and where they are cut.

It knows layers, and nothing of images on disk, training or MLflow.
"""
