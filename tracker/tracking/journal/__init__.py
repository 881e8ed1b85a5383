"""One append-only file a run: the truth about that run until MLflow has it.

It knows the disk, and nothing of MLflow but what it would refuse.
"""
