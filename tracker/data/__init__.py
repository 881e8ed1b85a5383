"""Images: where they come from, whose they are, how they are decoded.

It knows files and labels, and nothing of networks, MLflow or Optuna.
"""
