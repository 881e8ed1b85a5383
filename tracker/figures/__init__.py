"""What is drawn with matplotlib: one style, labels, curves by epoch, evaluation of a run.

It knows plain records, and nothing of tables, MLflow or torch.
"""
