"""A trained network that answers over HTTP: requests read within limits, computed in batches, told in JSON.

It knows a loaded network and a socket, and nothing of who asks or where the network is kept.
"""
