"""How the study is run: tuning, training, scoring and keeping the rows."""
