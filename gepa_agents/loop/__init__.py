"""Floor 3: the loop. Puts the parts together; `evolution` reads as the paper's algorithm."""
