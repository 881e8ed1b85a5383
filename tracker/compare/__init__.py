"""Which runs can stand in one table, and the table.

It reads plain records, and does not know where they came from: neither MLflow nor torch.
"""
