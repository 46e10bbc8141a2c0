"""Which prompts of the crowd go on, and why each other one does not. Pure: texts in, findings out."""
