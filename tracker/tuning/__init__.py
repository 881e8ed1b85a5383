"""The study of one arm, by ask and tell; the only room that knows Optuna, and it knows nothing of MLflow."""
