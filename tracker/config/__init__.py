"""What a user asks for: recipe, options, search space, YAML, and what a study found.

It knows names, values and defaults, and nothing of images, networks, MLflow or Optuna.
"""
