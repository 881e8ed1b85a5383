"""Could the main job run here, and if not, what is to be done?

It looks into every room, and changes nothing.
"""
