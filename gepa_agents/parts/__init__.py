"""Floor 2: the parts. Each does one thing over words and ports; none imports another."""
