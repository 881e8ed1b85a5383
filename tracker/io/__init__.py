"""Files and cores: atomic writes, cache, locks, download, unpacking, parallel work, progress.

It knows bytes, and nothing of what they mean.
"""
