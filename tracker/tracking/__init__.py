"""Numbers on their way to MLflow and back: journal, shipping, backend, and how runs stand.

It knows records and addresses, and nothing of torch, images or networks.
"""
