"""A plan and its runs: decided, prepared, trained, recorded, and ended.

It joins images, networks, training and journals, and knows nothing of MLflow's client or of Optuna.
"""
