"""Floor 1: the ports. Small protocols to implement; what is on the other side is not known here."""
