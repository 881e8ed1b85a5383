"""Numbers on their way to MLflow and back: journal, recorder, shipper, store, history."""
