"""What is studied: samples, symmetries, networks, hyperparameters and the grid of cells."""
