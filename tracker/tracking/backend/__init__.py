"""MLflow, as the rest of tracker sees it: addresses, client, runs, models, and reading back.

It is the only room of tracking that imports MLflow.
"""
