"""Feature extractor or fine-tuning? Train both, keep every number in MLflow, compare them fairly."""

__version__ = "0.1.0"
