"""What a judge is asked and what its reply means: who meets whom, the texts shown, the five verdicts. Pure."""
