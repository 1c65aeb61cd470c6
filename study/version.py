"""The version of the numbers: what a training with given names, seeds and data comes to.

Raise it when a change means to change any training's numbers by so much as a bit. Results of
different versions are never mixed. History: 1, programs compiled by XLA; 2, the plain loop.
"""

NUMBERS = 2
