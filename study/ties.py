"""Ties: how the matrices of a network's layers are made of fewer parameters.

A layer is dense, and each entry of its matrix is a fixed combination of parameters. In a standard
network every entry is a parameter of its own. In an equivariant one the entries are tied, so that
each matrix commutes with the symmetries (Ravanbakhsh et al. 2017, "Equivariance through
parameter-sharing").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Ints = NDArray[np.integer]


@dataclass(frozen=True)
class Ties:
    """A network's layers as combinations of its parameters.

    Matrix entry (j, i) of a layer from I to J units, which takes h (I,) to W h (J,), is number
    j I + i behind those of the layers before it. It is the sum of coefficient x parameter over its
    ties, 0 without any.
    """

    sizes: tuple[int, ...]  # units of each layer: flows first, coordinates last
    entry: Ints  # (ties,)
    parameter: Ints  # (ties,)
    coefficient: Floats  # (ties,)
    bias: Ints  # (units behind the flows,): the parameter of each unit's bias, -1 for none

    @property
    def parameters(self) -> int:
        """Number of trainable scalars."""
        return 1 + int(max(self.parameter.max(), self.bias.max()))

    def matrices(self, theta: Floats) -> list[Floats]:
        """The matrix (J, I) of each layer, for parameters theta (parameters,)."""
        shapes = [(J, I) for I, J in pairwise(self.sizes)]
        flat = np.zeros(sum(J * I for J, I in shapes), theta.dtype)
        np.add.at(flat, self.entry, self.coefficient.astype(theta.dtype) * theta[self.parameter])
        ends = np.cumsum([J * I for J, I in shapes])
        return [part.reshape(s) for part, s in zip(np.split(flat, ends[:-1]), shapes, strict=True)]


def dense(sizes: Sequence[int]) -> Ties:
    """A standard network: its parameters are each layer's kernel (I, J), then its biases (J,)."""
    parameter, bias, first = [], [], 0
    for I, J in pairwise(sizes):
        parameter.append(first + np.arange(I * J).reshape(I, J).T.ravel())
        bias.append(first + I * J + np.arange(J))
        first += I * J + J
    entries = sum(map(len, parameter))
    return Ties(
        sizes=tuple(sizes),
        entry=np.arange(entries),
        parameter=np.concatenate(parameter),
        coefficient=np.ones(entries),
        bias=np.concatenate(bias),
    )


def combined(bases: Sequence[Floats]) -> Ties:
    """A network without biases whose layers are combinations of basis matrices (p, J, I).

    Each layer takes its parameters, one for each of its p matrices, behind those before it.
    """
    entry, parameter, coefficient = [], [], []
    entries = parameters = 0
    for basis in bases:
        p, j, i = np.nonzero(basis)
        entry.append(entries + j * basis.shape[2] + i)
        parameter.append(parameters + p)
        coefficient.append(basis[p, j, i])
        entries += basis[0].size
        parameters += len(basis)
    sizes = (bases[0].shape[2], *(basis.shape[1] for basis in bases))
    return Ties(
        sizes=sizes,
        entry=np.concatenate(entry),
        parameter=np.concatenate(parameter),
        coefficient=np.concatenate(coefficient),
        bias=np.full(sum(sizes[1:]), -1),
    )


def equivariant_basis(into: Floats, out_of: Floats) -> Floats:
    """A basis (p, J, I) of the matrices W (J, I) with into[g] @ W = W @ out_of[g] for all g.

    into (G, J, J) and out_of (G, I, I): orthogonal representations of a group, in one order. Every
    entry alone, averaged over the group, is such a matrix; together they span all of them. Those
    that are independent of the ones before are kept, with 1 as their first largest entry. Sums are
    rounded, since their last bit, which differs between machines, would decide what is largest.
    """
    J, I = into.shape[1], out_of.shape[1]
    entries = np.eye(J * I).reshape(-1, J, I)
    averages = np.einsum("gji,eik,glk->ejl", into, entries, out_of) / len(into)
    basis: list[Floats] = []
    for average in averages:
        if np.linalg.matrix_rank([one.ravel() for one in (*basis, average)], tol=1e-9) > len(basis):
            largest = average.flat[np.round(np.abs(average), 9).argmax()]
            basis.append(np.round(average / largest, 12))
    return np.array(basis).reshape(-1, J, I)


def channels(basis: Floats, out_of: int, into: int) -> Floats:
    """A basis (out_of * into * p, J into, I out_of) with a combination for each pair of channels.

    basis (p, J, I) is that of a pair; a channel's units stand side by side.
    """
    pairs = np.eye(out_of * into).reshape(-1, out_of, into)
    parts = [np.kron(pair.T, matrix) for pair in pairs for matrix in basis]
    return np.array(parts)
