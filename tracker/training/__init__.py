"""Features, the loop and what it measures; everything that computes gradients."""
