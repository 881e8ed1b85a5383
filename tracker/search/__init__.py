"""The Optuna adapter: the study of one arm by ask and tell, for many processes at once.

It is the only room that knows Optuna, and knows nothing of networks, images or MLflow.
"""
