"""Further views of a comparison: published numbers beside it, freeze depth, and the learning curve.

They read tables and findings, and know neither formats nor MLflow.
"""
