"""Floor 0: the words. Frozen records that everything else speaks in; they know nobody."""
