"""Where work executes: processes of this machine.

It knows how processes are started and ended, and nothing of the work.
"""
