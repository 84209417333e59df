"""What a figure is worth: intervals."""
