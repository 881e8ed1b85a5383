"""Tables, statistics and figures over recorded runs; knows neither MLflow nor torch."""
