"""A network handed on: chosen by validation, entered in MLflow's registry, described by a model card.

It reads what MLflow holds; it trains and measures nothing.
"""
