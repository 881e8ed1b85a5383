"""MLflow's own pages over the embedded store, and the example to look at.

It knows how a server is started and ended, and nothing of what is in the store.
"""
