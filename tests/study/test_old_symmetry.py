"""The table of names is the square's group; both go once nobody asks for names."""

from study.bag import SQUARE
from study.old_symmetry import CORNERS, SYMMETRIES


def test_the_table_is_the_squares_group():
    group = zip(SQUARE.group.permutations.tolist(), SQUARE.group.matrices.tolist(), strict=True)
    table = [([*one.permutation], [[*row] for row in one.matrix]) for one in SYMMETRIES]
    assert sorted(group) == sorted(table)
    assert CORNERS.tolist() == SQUARE.ports.tolist()
