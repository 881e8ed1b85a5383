"""The study of every arm of a plan: its trials trained, recorded, and told to the search.

It joins runs and search, and knows nothing of how Optuna draws or of MLflow's client.
"""
