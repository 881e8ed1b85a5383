"""Where work executes."""
