"""Torchvision's networks, their weights, and where they are cut."""
