"""What maintainers run once: pretraining of the small networks, the example's rebuild. Not in the wheel."""
