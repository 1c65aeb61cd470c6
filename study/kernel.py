"""The loop: it trains networks of one shape side by side, and predicts with them.

A *lane* is one network in training, with samples, starting weights, optimiser, loss, order and
budget of its own. The lanes of a block stand on the last axis of every array, so that one
instruction serves eight or more of them. They share the sizes of the layers, the ties and the
batch size. The loop knows nothing of symmetries but how a copy of a row is read.

A lane's numbers are the same to the bit on every machine, whatever stands beside it: float32 in
plain IEEE arithmetic and a fixed order, with no call but the square root's. Nothing here may
allow the compiler to reorder or fuse operations (no `fastmath`). Raise `NUMBERS` in
`study.version` when a change here means to change numbers.

Why it is fast:

- The rows of a batch go through all layers in tiles of four. A tile stays in the cache from the
  first layer to the gradient, and each weight that is loaded serves four rows.
- Indices are unsigned, so that no code is made for negative ones. In Numba uint64 + int64 is
  float64, so constants are unsigned, too.
- Arrays begin at a multiple of 64 bytes, and a layer's first product begins with the biases
  instead of adding to them, so that a small layer is not written twice.
- What Python does not call itself is inlined by Numba. Left to the compiler, each call counts the
  references of its arrays up and down, which takes two fifths of an equivariant network's step.
- The number of lanes is a constant to the compiler: the length of the tuple `seats`. An inner
  loop over 16 or 32 lanes is vectorised; one whose length is not known would not be.

All jitted code stands in this file: Numba's cache does not notice a change in another one.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]
Uints = NDArray[np.uint64]
Seats = tuple[np.uint64, ...]

f32, U = np.float32, np.uint64
ZERO, ONE, TWO, FOUR = U(0), U(1), U(2), U(4)  # FOUR is also the number of rows in a tile
COORDINATES = TWO  # of a position
# Coefficients of an update: of the gradient into the momentum, of the velocity, of what is added
# to its root, and of momentum and gradient in the step.
TAKE, SCALE, MARGIN, BY_MOMENTUM, BY_GRADIENT = U(0), U(1), U(2), U(3), U(4)

RUNNING, FINISHED, DIVERGED = 0, 1, 2  # a lane's status
NADAM, ADAM, SGD = 0, 1, 2
ELU, TANH = 1, 2  # bits: which activations are there in a block
SYMMETRY_BITS = 8  # of an entry of an order; the others are the row's
INTERVALS = 1000  # of a schedule: steps within one share a learning rate
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7  # Keras' defaults; momentum decays by BETA_1, too
# Keras on TensorFlow rounds them to float32 in Adam's corrections, whatever the dtype.
ROUNDED_1, ROUNDED_2 = float(np.float32(BETA_1)), float(np.float32(BETA_2))

jit = numba.njit(error_model="numpy", nogil=True, cache=True)
inlined = numba.njit(error_model="numpy", nogil=True, inline="always")


class Wiring(NamedTuple):
    """A network's shape as the loop reads it: padded sizes, and the ties of all matrices.

    Matrix entry (j, i) of a layer from I to J units is number j I + i behind those of the layers
    before it. Ties are sorted by entry. Padding has no ties: its weights are 0.
    """

    sizes: Uints  # (layers + 1,): of inputs in fours, of outputs in twos
    entries: np.uint64  # in all matrices together
    parameters: np.uint64
    entry: Uints  # (ties,)
    parameter: Uints  # (ties,)
    coefficient: Floats  # (ties,)
    grouped: Uints  # (ties,): the ties' numbers, those of a parameter together
    bias: Ints  # (units behind the inputs,): the parameter of a unit's bias, -1 for none


class Rows(NamedTuple):
    """Samples of all lanes, one after another; flat."""

    X: Floats  # (n * I,), padded
    Y: Floats  # (n * 2,)


class Copies(NamedTuple):
    """How the copies of a row are read: the symmetries of a group, the identity first; flat."""

    permutations: Uints  # (G * I,): flow i of copy g is the row's flow number [g I + i]
    matrices: Floats  # (G * 4,)


# What the loop knows of each lane besides its arrays.
LANE = np.dtype(
    [
        ("first", np.uint64),  # its training rows are rows[first : first + count]
        ("count", np.uint64),
        ("total", np.uint64),  # rows in a pass: count, times the symmetries where it sees copies
        ("validation_first", np.uint64),
        ("validation_count", np.uint64),
        ("tanh", np.float32),  # 1 for tanh, 0 for ELU
        ("slope", np.float32),  # the loss's derivative by an output is its error times slope,
        ("bound", np.float32),  # but no larger than bound
        ("optimizer", np.int64),
        ("rate", np.float64),
        ("schedule", np.int64),
        ("budget", np.int64),  # steps at most
        ("gap", np.int64),  # steps between validations
        ("patience", np.int64),  # steps without a better validation error before it ends
        ("place", np.uint64),  # in the pass
        ("random", np.uint64),  # SplitMix64's state
        ("beta_1_power", np.float64),  # beta_1^t at step t
        ("beta_2_power", np.float64),
        ("nadam_power", np.float64),  # 0.96^t
        ("nadam_product", np.float64),
        ("step", np.int64),
        ("status", np.int64),
        ("best_error", np.float64),  # mean squared error on the validation rows
        ("best_step", np.int64),
    ]
)


class Block(NamedTuple):
    """Lanes in training; the lane is the last axis."""

    lanes: NDArray[np.void]  # (L,) of LANE
    theta: Floats  # (parameters * L,)
    momentum: Floats
    velocity: Floats
    best: Floats  # theta at the best validation
    order: NDArray[np.int32]  # (rows in a pass, L): rows and the symmetries of their copies
    curve: Doubles  # (validations, L)


class Memory(NamedTuple):
    """What the loop works in; every array is flat."""

    W: Floats  # (entries, L)
    G: Floats  # (entries, L): its gradient
    biases: Floats  # (units behind the inputs, L)
    gradient: Floats  # (parameters, L)
    sums: Doubles  # (L,)
    a: Floats  # (layers, units, 4, L): the inputs of each layer
    z: Floats  # (units, 4, L): the outputs of a layer
    dz: Floats  # (units, 4, L): the loss's derivative by them
    da: Floats  # (units, 4, L): and by the activations before them
    target: Floats  # (2, 4, L)
    predicted: Floats  # (validation rows in fours, 2, L)
    pace: Floats  # (5, L): the coefficients of the next update, see TAKE and those below


# Arithmetic of one number


LOG2_E, LN_2 = f32(1.4426950408889634), f32(0.6931471805599453)
ROUNDER = f32(1.5 * 2**23)  # added to a small number, it leaves the nearest whole one
C2, C3, C4, C5, C6 = map(f32, (0.49999998, 0.16666544, 0.0416672, 0.00836652, 0.00138825))
EXPONENT_BIAS, MANTISSA_BITS = np.int32(127), np.int32(23)
LIMIT = f32(20.0)  # beyond it ELU and tanh do not change any more


@inlined
def expm1(x):
    """exp(x) - 1 for |x| <= 20; the relative error is at most 1e-7 for x <= 0.

    x = n ln 2 + r and exp(x) - 1 = 2^n (exp(r) - 1) + (2^n - 1). The polynomial is the minimax
    one for the relative error where |r| <= ln 2 / 2; its error is 1.3e-8.
    """
    shifted = np.float32(x * LOG2_E + ROUNDER)
    r = x - (shifted - ROUNDER) * LN_2
    q = ((((C6 * r + C5) * r + C4) * r + C3) * r + C2) * (r * r) + r
    # The last bits of `shifted` are n: moved up into the exponent, they make 2^n.
    bits = np.int32((shifted.view(np.int32) + EXPONENT_BIAS) << MANTISSA_BITS)
    power = bits.view(np.float32)
    return power * q + (power - f32(1.0))


@inlined
def random_bits(lane):
    """The next 64 bits of a lane's stream: SplitMix64 (Steele, Lea and Flood 2014)."""
    lane.random += U(0x9E3779B97F4A7C15)
    z = lane.random
    z = (z ^ (z >> U(30))) * U(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> U(27))) * U(0x94D049BB133111EB)
    return z ^ (z >> U(31))


@jit
def keeps_denormals(smallest):
    """Whether half of the smallest normal number is not 0 in this thread."""
    return smallest * f32(0.5) != f32(0.0)


@inlined
def clear(array, n):
    """Set the first n numbers to 0."""
    for k in range(n):
        array[k] = f32(0.0)


# From parameters to matrices, and from their gradients back


@inlined
def expand(W, biases, theta, wiring, seats):
    """Matrices W (entries, L) and biases (units, L) of parameters theta (parameters, L).

    Entries without ties, and units without a bias, stay 0.
    """
    L = U(len(seats))
    last = wiring.entries
    for t in range(U(len(wiring.entry))):
        entry, c = wiring.entry[t], wiring.coefficient[t]
        w, p = entry * L, wiring.parameter[t] * L
        if entry == last:
            for l in range(L):
                W[w + l] += c * theta[p + l]
        else:
            for l in range(L):
                W[w + l] = c * theta[p + l]
        last = entry
    for unit in range(U(len(wiring.bias))):
        if wiring.bias[unit] >= 0:
            p = U(wiring.bias[unit]) * L
            for l in range(L):
                biases[unit * L + l] = theta[p + l]


@inlined
def collect(gradient, sums, G, wiring, seats):
    """Add the matrices' gradients G (entries, L) to the parameters' (parameters, L).

    A parameter's terms are added in float64, sums (L,): where they cancel, as those of b do while
    all units are in ELU's linear part, nothing is left that Adam would make a step of.
    """
    L = U(len(seats))
    last = wiring.parameters
    for k in range(U(len(wiring.grouped))):
        t = wiring.grouped[k]
        c, parameter = np.float64(wiring.coefficient[t]), wiring.parameter[t]
        w, p = wiring.entry[t] * L, parameter * L
        if parameter != last:
            for l in range(L):
                sums[l] = gradient[p + l]
        for l in range(L):
            sums[l] += c * G[w + l]
            gradient[p + l] = sums[l]
        last = parameter


@inlined
def collect_bias(gradient, dz, bias, unit, J, seats):
    """Add the sums over the rows of dz (J, 4, L) to the gradients of the biases."""
    L = U(len(seats))
    for j in range(J):
        o, parameter = j * FOUR * L, bias[unit + j]
        if parameter >= 0:
            p = U(parameter) * L
            for l in range(L):
                k = o + l
                gradient[p + l] += dz[k] + dz[k + L] + dz[k + L + L] + dz[k + L + L + L]


# A layer, forwards and backwards


@inlined
def multiply_four(z, z0, start, s0, row, unit, W, w0, down, a, a0, seats):
    """z (2, 4, L) from z0 on = start from s0 on, plus W (2, 4, L) from w0 on times four inputs.

    The inputs are a (4, 4, L) from a0 on. In `start` the next row stands `row` behind the last,
    the next unit `unit`; in W the weights of the second unit stand `down` behind the first's.
    """
    L = U(len(seats))
    tile = FOUR * L
    for l in range(L):
        v = w0 + l
        w00, w01, w02, w03 = W[v], W[v + L], W[v + L + L], W[v + L + L + L]
        v += down
        w10, w11, w12, w13 = W[v], W[v + L], W[v + L + L], W[v + L + L + L]
        p, q, s = a0 + l, z0 + l, s0 + l
        for _ in range(FOUR):
            h0, h1, h2, h3 = a[p], a[p + tile], a[p + tile + tile], a[p + tile + tile + tile]
            z[q] = start[s] + h0 * w00 + h1 * w01 + h2 * w02 + h3 * w03
            z[q + tile] = start[s + unit] + h0 * w10 + h1 * w11 + h2 * w12 + h3 * w13
            p += L
            q += L
            s += row


@inlined
def multiply(z, biases, b0, W, w0, a, a0, I, J, seats):
    """z (J, 4, L) = biases (J, L) from b0 on + W (J, I, L) from w0 on times a (I, 4, L) from a0."""
    L = U(len(seats))
    tile, down = FOUR * L, I * L
    for j in range(ZERO, J, TWO):
        k, w, b = j * tile, w0 + j * down, b0 + j * L
        multiply_four(z, k, biases, b, ZERO, L, W, w, down, a, a0, seats)
        for i in range(FOUR, I, FOUR):
            multiply_four(z, k, z, k, L, tile, W, w + i * L, down, a, a0 + i * tile, seats)


@inlined
def multiply_back(da, dz, W, w0, I, J, seats):
    """da (I, 4, L) = the transpose of W (J, I, L) from w0 on times dz (J, 4, L)."""
    L = U(len(seats))
    tile, down = FOUR * L, I * L
    clear(da, I * tile)
    for j in range(ZERO, J, TWO):
        for i in range(ZERO, I, FOUR):
            w = w0 + (j * I + i) * L
            for l in range(L):
                v = w + l
                w00, w01, w02, w03 = W[v], W[v + L], W[v + L + L], W[v + L + L + L]
                v += down
                w10, w11, w12, w13 = W[v], W[v + L], W[v + L + L], W[v + L + L + L]
                p, q = i * tile + l, j * tile + l
                for _ in range(FOUR):
                    e0, e1 = dz[q], dz[q + tile]
                    p1, p2, p3 = p + tile, p + tile + tile, p + tile + tile + tile
                    da[p] = da[p] + e0 * w00 + e1 * w10
                    da[p1] = da[p1] + e0 * w01 + e1 * w11
                    da[p2] = da[p2] + e0 * w02 + e1 * w12
                    da[p3] = da[p3] + e0 * w03 + e1 * w13
                    p += L
                    q += L


@inlined
def multiply_both(G, w0, dz, a, a0, I, J, seats):
    """G (J, I, L) from w0 on += dz (J, 4, L) times a (I, 4, L) from a0 on, over the rows."""
    L = U(len(seats))
    tile = FOUR * L
    for j in range(J):
        for i in range(ZERO, I, FOUR):
            w = w0 + (j * I + i) * L
            for l in range(L):
                v = w + l
                g0, g1, g2, g3 = G[v], G[v + L], G[v + L + L], G[v + L + L + L]
                p, q = a0 + i * tile + l, j * tile + l
                for _ in range(FOUR):
                    e = dz[q]
                    g0 += a[p] * e
                    g1 += a[p + tile] * e
                    g2 += a[p + tile + tile] * e
                    g3 += a[p + tile + tile + tile] * e
                    p += L
                    q += L
                G[v], G[v + L], G[v + L + L], G[v + L + L + L] = g0, g1, g2, g3


@inlined
def elu(a, a0, z, units, seats):
    """a from a0 on = ELU of z (units, 4, L)."""
    for k in range(units * FOUR * U(len(seats))):
        a[a0 + k] = max(z[k], f32(0.0)) + expm1(min(max(z[k], -LIMIT), f32(0.0)))


@inlined
def tanh(a, a0, z, units, chosen, seats):
    """a from a0 on = tanh of z (units, 4, L) in the lanes where `chosen` (L,) is 1."""
    L = U(len(seats))
    for row in range(units * FOUR):
        for l in range(L):
            k = row * L + l
            e = expm1(min(max(z[k] + z[k], -LIMIT), LIMIT))
            a[a0 + k] = e / (e + f32(2.0)) if chosen[l] > f32(0.0) else a[a0 + k]


@inlined
def elu_back(dz, da, a, a0, units, seats):
    """dz = da times the slope of ELU, told by its values a (units, 4, L) from a0 on."""
    for k in range(units * FOUR * U(len(seats))):
        dz[k] = da[k] * (min(a[a0 + k], f32(0.0)) + f32(1.0))


@inlined
def tanh_back(dz, da, a, a0, units, chosen, seats):
    """dz = da times the slope of tanh, told by its values a, in the lanes that are `chosen`."""
    L = U(len(seats))
    for row in range(units * FOUR):
        for l in range(L):
            k = row * L + l
            slope = f32(1.0) - a[a0 + k] * a[a0 + k]
            dz[k] = da[k] * slope if chosen[l] > f32(0.0) else dz[k]


@inlined
def forward(memory, wiring, tanhs, kinds, seats):
    """Take a tile of rows through all layers: from the first of memory.a to memory.z.

    tanhs (L,): 1 in the lanes of tanh; kinds: which activations there are.
    """
    L, stride = U(len(seats)), U(len(memory.z))
    layers = U(len(wiring.sizes)) - ONE
    unit, w = ZERO, ZERO
    for d in range(layers):
        I, J = wiring.sizes[d], wiring.sizes[d + ONE]
        multiply(memory.z, memory.biases, unit * L, memory.W, w, memory.a, d * stride, I, J, seats)
        if d + ONE < layers:
            if kinds & ELU:
                elu(memory.a, (d + ONE) * stride, memory.z, J, seats)
            if kinds & TANH:
                tanh(memory.a, (d + ONE) * stride, memory.z, J, tanhs, seats)
        unit += J
        w += I * J * L


@inlined
def backward(memory, wiring, tanhs, kinds, seats):
    """Add a tile's gradients to memory.G and memory.gradient, from memory.dz down."""
    L, stride = U(len(seats)), U(len(memory.z))
    layers = U(len(wiring.sizes)) - ONE
    unit, w = U(len(wiring.bias)), wiring.entries * L
    for back in range(ONE, layers + ONE):
        d = layers - back
        I, J = wiring.sizes[d], wiring.sizes[d + ONE]
        unit -= J
        w -= I * J * L
        a = d * stride
        collect_bias(memory.gradient, memory.dz, wiring.bias, unit, J, seats)
        multiply_both(memory.G, w, memory.dz, memory.a, a, I, J, seats)
        if d > ZERO:
            multiply_back(memory.da, memory.dz, memory.W, w, I, J, seats)
            if kinds & ELU:
                elu_back(memory.dz, memory.da, memory.a, a, I, seats)
            if kinds & TANH:
                tanh_back(memory.dz, memory.da, memory.a, a, I, tanhs, seats)


# A step


@inlined
def draw(lane, order, column):
    """The next row of a lane's stream of permutations, and the symmetry of its copy.

    Fisher and Yates' shuffle, a place at a time; a new pass goes on from the order of the last.
    """
    place = lane.place
    other = place + ((random_bits(lane) >> U(32)) * (lane.total - place) >> U(32))
    code = order[other, column]
    order[other, column] = order[place, column]
    order[place, column] = code
    lane.place = place + ONE if place + ONE < lane.total else ZERO
    return U(code >> SYMMETRY_BITS), U(code & ((1 << SYMMETRY_BITS) - 1))


@inlined
def read_batch(a, target, lanes, order, rows, copies, I, wanted, seats):
    """Put the next rows of each lane into a tile, moved by their symmetries; `wanted` of four.

    The others keep what they hold: they count nothing.
    """
    L = U(len(seats))
    tile = FOUR * L
    X, Y, moved, M = rows.X, rows.Y, copies.permutations, copies.matrices
    for l in range(L):
        lane = lanes[l]
        for r in range(wanted):
            row, g = draw(lane, order, l)
            row += lane.first
            k = r * L + l
            for i in range(ZERO, I, FOUR):
                x, p, q = row * I, g * I + i, i * tile + k
                a[q] = X[x + moved[p]]
                a[q + tile] = X[x + moved[p + ONE]]
                a[q + tile + tile] = X[x + moved[p + TWO]]
                a[q + tile + tile + tile] = X[x + moved[p + TWO + ONE]]
            y0, y1 = Y[row * TWO], Y[row * TWO + ONE]
            m = g * FOUR
            target[k] = M[m] * y0 + M[m + ONE] * y1
            target[tile + k] = M[m + TWO] * y0 + M[m + TWO + ONE] * y1


@inlined
def differentiate(dz, z, target, slope, bound, wanted, batch, seats):
    """dz = the derivative of each lane's mean loss over the batch by the outputs z (2, 4, L).

    It is the error times slope (L,), within bound (L,): MSE has no bound, Huber's loss a small
    one, and the absolute error is so steep that it is always at its bound.
    """
    L = U(len(seats))
    for j in range(COORDINATES):
        for r in range(FOUR):
            share = f32(1.0) / f32(batch) if r < wanted else f32(0.0)
            o = (j * FOUR + r) * L
            for l in range(L):
                error = slope[l] * (z[o + l] - target[o + l])
                dz[o + l] = min(max(error, -bound[l]), bound[l]) * share


@inlined
def set_pace(pace, lanes, schedules, seats):
    """Count a step of each running lane, and set the coefficients (5, L) of the next update.

    These are Keras' update rules: Adam, Nadam, and gradient descent with momentum.
    """
    L = U(len(seats))
    for l in range(L):
        lane = lanes[l]
        interval = min(lane.step * INTERVALS // max(lane.budget, 1), INTERVALS - 1)
        rate = lane.rate * schedules[lane.schedule, interval]
        lane.step += lane.status == RUNNING
        lane.beta_1_power *= ROUNDED_1 if lane.optimizer == ADAM else BETA_1
        lane.beta_2_power *= ROUNDED_2 if lane.optimizer == ADAM else BETA_2
        lane.nadam_power *= 0.96
        take, scale, margin, by_momentum, by_gradient = 1.0 - BETA_1, 1.0, EPSILON, 1.0, 0.0
        if lane.optimizer == SGD:
            take, scale, margin = rate, 0.0, 1.0
        elif lane.optimizer == ADAM:
            by_momentum = rate * np.sqrt(1.0 - lane.beta_2_power) / (1.0 - lane.beta_1_power)
        else:
            now = BETA_1 * (1.0 - 0.5 * lane.nadam_power)
            later = BETA_1 * (1.0 - 0.5 * 0.96 * lane.nadam_power)
            lane.nadam_product *= now
            scale = 1.0 / (1.0 - lane.beta_2_power)
            by_momentum = rate * later / (1.0 - lane.nadam_product * later)
            by_gradient = rate * (1.0 - now) / (1.0 - lane.nadam_product)
        pace[TAKE * L + l] = take
        pace[SCALE * L + l] = scale
        pace[MARGIN * L + l] = margin
        pace[BY_MOMENTUM * L + l] = by_momentum
        pace[BY_GRADIENT * L + l] = by_gradient


@inlined
def update(theta, momentum, velocity, gradient, pace, seats):
    """Move the parameters (parameters, L): by momentum and gradient over the root of velocity."""
    L = U(len(seats))
    for p in range(U(len(theta)) // L):
        for l in range(L):
            k = p * L + l
            g = gradient[k]
            m = momentum[k] * f32(BETA_1) + g * pace[TAKE * L + l]
            v = velocity[k] * f32(BETA_2) + g * g * f32(1.0 - BETA_2)
            size = np.sqrt(v * pace[SCALE * L + l]) + pace[MARGIN * L + l]
            momentum[k] = m
            velocity[k] = v
            by_both = pace[BY_MOMENTUM * L + l] * m + pace[BY_GRADIENT * L + l] * g
            theta[k] = theta[k] - by_both / size


# Prediction and validation


@inlined
def read_rows(a, X, first, count, row, I, seats):
    """Put four rows of each lane into a tile, from its row number `row` on, not past its last."""
    L = U(len(seats))
    tile = FOUR * L
    for r in range(FOUR):
        for l in range(L):
            source = first[l] + min(row + r, count[l] - ONE)
            for i in range(ZERO, I, FOUR):
                x, q = source * I + i, i * tile + r * L + l
                a[q] = X[x]
                a[q + tile] = X[x + ONE]
                a[q + tile + tile] = X[x + TWO]
                a[q + tile + tile + tile] = X[x + TWO + ONE]


@jit
def predict(predicted, memory, theta, wiring, X, first, count, tanhs, kinds, seats):
    """predicted (rows in fours, 2, L) = what each lane's network makes of its own rows of X.

    These are the rows first to first + count of X, with first and count (L,).
    """
    L = U(len(seats))
    rows = ZERO
    for l in range(L):
        rows = max(rows, count[l])
    expand(memory.W, memory.biases, theta, wiring, seats)
    for row in range(ZERO, rows, FOUR):
        read_rows(memory.a, X, first, count, row, wiring.sizes[ZERO], seats)
        forward(memory, wiring, tanhs, kinds, seats)
        for r in range(FOUR):
            for j in range(COORDINATES):
                o = ((row + r) * COORDINATES + j) * L
                for l in range(L):
                    predicted[o + l] = memory.z[(j * FOUR + r) * L + l]


@inlined
def add_squares(squares, predicted, Y, first, count, seats):
    """Add the squared errors of the rows that `predict` was given to squares (L,)."""
    L = U(len(seats))
    rows = ZERO
    for l in range(L):
        rows = max(rows, count[l])
    for row in range(rows):
        for l in range(L):
            if row < count[l]:
                for j in range(COORDINATES):
                    y = Y[(first[l] + row) * COORDINATES + j]
                    error = predicted[(row * COORDINATES + j) * L + l] - y
                    squares[l] += np.float64(error * error)


@inlined
def judge(block, l, error):
    """Note a validation of lane l: its curve, its best weights, and whether it goes on."""
    lane, L = block.lanes[l], U(len(block.lanes))
    block.curve[(lane.step - 1) // lane.gap, l] = error
    if error < lane.best_error:
        lane.best_error = error
        lane.best_step = lane.step
        for k in range(l, U(len(block.theta)), L):
            block.best[k] = block.theta[k]
    if not np.isfinite(error):
        lane.status = DIVERGED
    elif lane.step >= lane.budget or lane.step - lane.best_step >= lane.patience:
        lane.status = FINISHED


@inlined
def is_due(lane):
    """Whether a lane is running and has come to a validation."""
    on_time = lane.step % lane.gap == 0 or lane.step == lane.budget
    return on_time and lane.status == RUNNING


@inlined
def count_running(lanes):
    """How many lanes are running."""
    running = 0
    for l in range(U(len(lanes))):
        running += lanes[l].status == RUNNING
    return running


# A training


@jit
def advance(block, memory, wiring, rows, copies, schedules, batch, steps, kinds, few, seats):
    """Train a block for so many steps, or until no more than `few` of its lanes are running.

    A lane that has ended trains on, unnoticed. batch: unsigned; kinds: which activations there
    are; seats: a tuple of L numbers.
    """
    L = U(len(seats))
    lanes, theta, I = block.lanes, block.theta, wiring.sizes[ZERO]
    slope, bound = lanes.slope.copy(), lanes.bound.copy()
    tanhs = lanes.tanh.copy()
    first, count = lanes.validation_first.copy(), lanes.validation_count.copy()
    for _ in range(steps):
        expand(memory.W, memory.biases, theta, wiring, seats)
        clear(memory.G, U(len(memory.G)))
        clear(memory.gradient, U(len(memory.gradient)))
        for done in range(ZERO, batch, FOUR):
            wanted = min(batch - done, FOUR)
            read_batch(memory.a, memory.target, lanes, block.order, rows, copies, I, wanted, seats)
            forward(memory, wiring, tanhs, kinds, seats)
            differentiate(memory.dz, memory.z, memory.target, slope, bound, wanted, batch, seats)
            backward(memory, wiring, tanhs, kinds, seats)
        collect(memory.gradient, memory.sums, memory.G, wiring, seats)
        set_pace(memory.pace, lanes, schedules, seats)
        update(theta, block.momentum, block.velocity, memory.gradient, memory.pace, seats)
        due = 0
        for l in range(L):
            due += is_due(lanes[l])
        if due:
            predict(
                memory.predicted, memory, theta, wiring, rows.X, first, count, tanhs, kinds, seats
            )
            squares = np.zeros(len(seats), np.float64)
            add_squares(squares, memory.predicted, rows.Y, first, count, seats)
            for l in range(L):
                if is_due(lanes[l]):
                    judge(block, l, squares[l] / (2.0 * np.float64(count[l])))
            if count_running(lanes) <= few:
                break


@jit
def draw_batches(lanes, order, batch, steps):
    """The rows (steps, batch) that the first lane's batches take, and their copies' symmetries."""
    drawn = np.empty((2, steps, batch), np.int64)
    for step in range(steps):
        for r in range(batch):
            row, g = draw(lanes[0], order, 0)
            drawn[0, step, r] = row
            drawn[1, step, r] = g
    return drawn
