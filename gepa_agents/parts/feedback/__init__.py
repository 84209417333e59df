"""From trajectories to words: findings, and the evidence about one component."""
