"""Language models that need no vendor: functions, commands, and how a value becomes a model."""
