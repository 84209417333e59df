"""From evidence to a new text: the prompt, the answer, the guards, and one round of repair."""
