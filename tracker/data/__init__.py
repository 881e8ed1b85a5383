"""Images: where they come from, whose they are, how they are split and decoded."""
