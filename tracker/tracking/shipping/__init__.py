"""Sends journals to MLflow, in the background, again and again until they are there.

It knows what is sent already, and speaks to MLflow through the backend alone.
"""
