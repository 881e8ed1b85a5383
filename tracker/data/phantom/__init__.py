"""Synthetic chest radiographs, drawn from nothing: the same bytes on every machine."""
