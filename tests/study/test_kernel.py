import ctypes
import platform
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import llvmlite.binding as llvm
import numba
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from study import kernel, lanes
from study.bag import SQUARE
from study.lanes import Lane
from study.ties import Ties, dense

on_x86 = pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="not an x86")
TIES = dense([4, 5, 2])


def lane(rows: int, **changes) -> Lane:
    """A lane with so many rows of no meaning."""
    rng = np.random.default_rng(rows)
    samples = rng.dirichlet([4, 4, 4, 4], rows), rng.uniform(-1, 1, (rows, 2))
    usual = {
        "samples": samples,
        "validation": samples,
        "weights": rng.normal(size=TIES.parameters),
        "activation": "elu",
        "optimizer": "nadam",
        "loss": "mse",
        "learning_rate": 0.01,
        "seed": 1,
        "steps": 20,
    }
    return Lane(**{**usual, **changes})


# Arithmetic of one number


# From denormal numbers to where ELU and tanh no longer change.
SIZES = np.concatenate([np.geomspace(1e-40, 20, 50_000), np.linspace(1e-3, 20, 50_000)])


def expm1(x: np.ndarray) -> np.ndarray:
    return np.array([kernel.expm1(one) for one in x.astype(np.float32)])


def activated(activation: str, z: np.ndarray) -> np.ndarray:
    """What the loop's activation makes of z (n,): two weights of 1 pass it in and out."""
    ones = Ties(
        sizes=(1, 1, 1),
        entry=np.array([0, 1]),
        parameter=np.array([0, 0]),
        coefficient=np.ones(2),
        bias=np.array([-1, -1]),
    )
    return lanes.predict(ones, activation, np.ones((1, 1)), z[:, None])[0, :, 0]


def largest_error(found: np.ndarray, function, x: np.ndarray) -> float:
    """The largest relative error of float32 numbers, where x is not a denormal number."""
    expected = function(x.astype(np.float32).astype(float))
    errors = np.abs(found - expected) / np.abs(expected)
    return errors[np.abs(expected) > np.finfo(np.float32).smallest_normal].max()


def test_expm1_is_good_to_1e_7_below_0():
    assert largest_error(expm1(-SIZES), np.expm1, -SIZES) <= 1e-7


def test_expm1_is_good_to_12_units_of_its_last_place_above_0():
    """Only tanh goes there, and divides such numbers by each other."""
    assert largest_error(expm1(SIZES), np.expm1, SIZES) <= 12 * 2**-23
    assert largest_error(expm1(SIZES / 20), np.expm1, SIZES / 20) <= 2e-7


@pytest.mark.parametrize("x", [0.0, -0.0, 1e-45, -1e-45, 1e-40, -1e-38, 1e-20, -1e-8])
def test_expm1_of_next_to_nothing_is_its_argument(x):
    assert kernel.expm1(np.float32(x)) == np.float32(x)


def test_elu_is_good_to_1e_7():
    for z in (SIZES, -SIZES):
        found = activated("elu", z)
        assert largest_error(found, lambda z: np.where(z > 0, z, np.expm1(z)), z) <= 1e-7


def test_tanh_is_good_to_2e_7_and_odd_to_3e_7():
    right, left = activated("tanh", SIZES), activated("tanh", -SIZES)
    assert largest_error(right, np.tanh, SIZES) <= 2e-7
    assert largest_error(left, np.tanh, -SIZES) <= 2e-7
    assert np.abs(right + left).max() <= 3e-7


def test_activations_level_off_and_never_overflow():
    far = np.array([20.0, 25, 88, 89, 1e4, 1e30, 3e38])
    assert_array_equal(activated("elu", far), far.astype(np.float32))
    assert_array_equal(activated("elu", -far), np.full(7, -1))
    assert_array_equal(activated("tanh", far), np.full(7, 1))
    assert_array_equal(activated("tanh", -far), np.full(7, -1))


@pytest.mark.parametrize("activation", ["elu", "tanh"])
def test_activations_pass_on_what_is_not_a_number(activation):
    """A lane whose weights are lost must not seem sound."""
    assert np.isnan(activated(activation, np.array([0.5, np.nan, 1]))).tolist() == [0, 1, 0]


# Denormal numbers


SET_CONTROL = """
    declare void @llvm.x86.sse.ldmxcsr(ptr)
    define void @set_control(i32 %control) {
        %place = alloca i32
        store i32 %control, ptr %place
        call void @llvm.x86.sse.ldmxcsr(ptr %place)
        ret void
    }
"""


def while_flushing(function, *arguments):
    """What a function returns in a thread that takes denormal numbers for 0, as TensorFlow's do."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_default_triple().create_target_machine()
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(SET_CONTROL), machine)
    engine.finalize_object()
    address = engine.get_function_address("set_control")
    set_control = ctypes.CFUNCTYPE(None, ctypes.c_uint32)(address)
    with ThreadPoolExecutor(1, initializer=set_control, initargs=(0x9FC0,)) as executor:
        return executor.submit(function, *arguments).result()


@on_x86
def test_a_thread_keeps_denormal_numbers_unless_told_otherwise():
    smallest = np.finfo(np.float32).smallest_normal
    assert kernel.keeps_denormals(smallest)
    assert not while_flushing(kernel.keeps_denormals, smallest)
    assert kernel.keeps_denormals(smallest)


@on_x86
def test_nothing_is_trained_where_denormal_numbers_are_lost():
    with pytest.raises(RuntimeError, match="expected numbers below 1e-38 to be kept"):
        while_flushing(lanes.train, TIES, 4, [lane(3)], SQUARE.group)


# The order of rows


def test_random_bits_are_splitmix64s():
    """The first five that are published for the seed 1234567."""
    lanes_of_one = np.zeros(1, kernel.LANE)
    lanes_of_one["random"] = 1234567
    assert [kernel.random_bits(lanes_of_one[0]) for _ in range(5)] == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


def passes(one: Lane, batch: int) -> np.ndarray:
    """Rows and symmetries (passes, rows of a pass, 2) of a lane's stream; what is left is cut."""
    symmetries = len(SQUARE.group.matrices) if one.copies else 1
    stream = lanes.batches(one, batch, SQUARE.group).reshape(2, -1).T
    length = len(one.samples[0]) * symmetries
    return stream[: len(stream) // length * length].reshape(-1, length, 2)


@pytest.mark.parametrize("copies", [False, True])
@pytest.mark.parametrize(("rows", "batch"), [(8, 4), (10, 4), (37, 16), (3, 8), (1, 1), (1, 5)])
def test_each_pass_takes_every_row_once_and_with_copies_every_symmetry_of_it(rows, batch, copies):
    found = passes(lane(rows, copies=copies, steps=400), batch)
    symmetries = len(SQUARE.group.matrices) if copies else 1
    every = [[row, symmetry] for row in range(rows) for symmetry in range(symmetries)]
    assert len(found) >= 4
    for one in found:
        assert sorted(one.tolist()) == every


@pytest.mark.parametrize(("rows", "batch"), [(10, 4), (3, 8), (7, 5)])
def test_no_batch_is_short(rows, batch):
    """The stream of passes is cut into batches: one may end a pass and begin the next."""
    one = lane(rows, steps=30)
    whole = lanes.batches(one, batch, SQUARE.group)
    assert whole.shape == (2, 30, batch)
    cut_otherwise = lanes.batches(lane(rows, steps=30 * batch), 1, SQUARE.group)
    assert_array_equal(whole.reshape(2, -1), cut_otherwise.reshape(2, -1))


def test_each_pass_has_an_order_of_its_own():
    found = passes(lane(50, steps=80), 5)
    assert len({one.tobytes() for one in found}) == 8


@pytest.mark.parametrize("seed", [0, 1, 2**63, 2**64 - 1])
def test_the_order_comes_from_the_seed(seed):
    first = lanes.batches(lane(20, seed=seed), 4, SQUARE.group)
    assert_array_equal(lanes.batches(lane(20, seed=seed), 4, SQUARE.group), first)
    for other in (3, 4, seed ^ 1):
        assert np.any(lanes.batches(lane(20, seed=other), 4, SQUARE.group) != first)


def test_every_order_is_about_as_frequent():
    """4800 passes over four rows, 24 orders: 200 of each, give or take five deviations."""
    found = Counter(map(tuple, passes(lane(4, steps=4800), 4)[:, :, 0].tolist()))
    assert len(found) == 24
    assert all(130 < count < 270 for count in found.values())


def test_an_order_does_not_tell_the_next():
    """The row that ends a pass begins the next in one of four, as any other."""
    rows = passes(lane(4, steps=4800), 4)[:, :, 0]
    again = np.mean(rows[:-1, -1] == rows[1:, 0])
    assert again == pytest.approx(1 / 4, abs=0.03)


# The compiled code


FLAGS = r"fast|reassoc|contract|nnan|ninf|nsz|arcp|afn"
ARITHMETIC = r"(?:fadd|fsub|fmul|fdiv|frem|fneg|fcmp|select|phi|call|fptrunc|fpext)"
# What compiled code may call: Python, Numba's run time, memory, and of libm the root, which IEEE
# rounds correctly, like a sum. Of LLVM's intrinsic functions whatever is about whole numbers and
# memory; of those about float numbers (.f32, .v8f32) the root, and loading and storing.
HARMLESS = (
    r"_?Py\w+|NRT_\w+|numba_\w+|sqrtf?|mem(set|cpy|move)"
    r"|llvm\.(sqrt|masked\.(load|store|gather|scatter)|x86\.atomic)\.\S+"
    r"|llvm\.(?!x86|aarch64|\S*\.(nx)?(v\d+)?b?f\d)\S+"
)


def flagged(code: str) -> list[str]:
    """Instructions on float numbers that the compiler was allowed to reorder or fuse."""
    return re.findall(rf"= (?:tail )?{ARITHMETIC} (?:{FLAGS}) .*", code)


def called(code: str) -> set[str]:
    """The functions that LLVM code needs from elsewhere."""
    return {name for _, name in re.findall(r'^declare .*?@("?)([^"(]+)\1\(', code, re.MULTILINE)}


def harmful(code: str) -> set[str]:
    """Functions that may not be called; an instruction `frem` ends as a call of `fmod`."""
    names = called(code) | set(re.findall("= (frem) ", code))
    return {name for name in names if not re.fullmatch(HARMLESS, name)}


def fused(assembly: str) -> Counter[str]:
    """Instructions of x86 and ARM that multiply and add in one, and how often they are there."""
    names = r"vfn?m(?:add|sub)\w*|fn?m(?:add|sub)|fml[as]|bfml\w+"
    return Counter(re.findall(rf"^\s+({names})\s", assembly, re.MULTILINE))


def for_arm(code: str) -> str:
    """Assembly for AArch64 of LLVM code for an x86.

    Its only instruction that no other processor has counts references; here it becomes a call.
    """
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    triple = "aarch64-unknown-linux-gnu"
    machine = llvm.Target.from_triple(triple).create_target_machine(opt=3)
    code = code.replace("@llvm.x86.", "@x86.").replace(" immarg", "")
    code = re.sub("^target triple = .*", f'target triple = "{triple}"', code, flags=re.MULTILINE)
    layout = f'target datalayout = "{machine.target_data}"'
    code = re.sub("^target datalayout = .*", layout, code, flags=re.MULTILINE)
    return machine.emit_assembly(llvm.parse_assembly(code))


@pytest.fixture(scope="module")
def compiled() -> dict[str, tuple[str, str]]:
    """LLVM code and assembly of all that is compiled, by function and number of seats.

    Code from Numba's cache can't be looked at, so the outermost functions are compiled anew. They
    contain the others, whose code comes from the cache as it is.
    """
    lanes.train(TIES, 4, [lane(5, seed=seed, steps=seed) for seed in range(1, 20)], SQUARE.group)
    lanes.predict(TIES, "elu", lane(5).weights[None], lane(5).samples[0])
    found = {}
    for function in (kernel.advance, kernel.predict):
        options = {name: on for name, on in function.targetoptions.items() if name != "nopython"}
        anew = numba.njit(**options)(function.py_func)
        for signature in function.signatures:
            anew.compile(signature)
            found[f"{function.__name__}-{len(signature[-1])}"] = (
                anew.inspect_llvm(signature),
                anew.inspect_asm(signature),
            )
    return found


def test_each_function_is_compiled_for_blocks_and_tails_and_nothing_else(compiled):
    """So no shape, activation, number of rows or type of samples costs a compilation."""
    assert {"advance-32", "advance-16", "predict-32"} <= set(compiled)
    assert set(compiled) <= {"advance-32", "advance-16", "predict-32", "predict-16"}
    assert len(kernel.advance.signatures) == 2


def test_the_compiled_code_is_all_there(compiled):
    """The tests below look at the arithmetic of a step, not at an empty file."""
    for name, (code, assembly) in compiled.items():
        assert len(re.findall(r"= fmul ", code)) > 50
        assert len(re.findall(r"= fadd ", code)) > 50
        assert ("sqrt" in code) == name.startswith("advance")
        assert len(assembly) > 10_000


def test_the_compiler_may_not_reorder_or_fuse_anything(compiled):
    for code, _ in compiled.values():
        assert flagged(code) == []
        assert not re.search(r"unsafe-fp-math|fp-contract|denormal-fp-math", code)


def test_the_compiled_code_calls_no_function_of_libm_but_the_root(compiled):
    for code, _ in compiled.values():
        assert harmful(code) == set()
        assert "NRT_MemInfo_call_dtor" in called(code)


@on_x86
def test_this_processors_code_fuses_nothing(compiled):
    for _, assembly in compiled.values():
        assert len(re.findall(r"\bv?mulps\b", assembly)) > 50
        assert fused(assembly) == {}


@on_x86
@pytest.mark.parametrize("name", ["advance-32", "advance-16"])
def test_compiled_for_arm_it_fuses_nothing_and_calls_nothing_else(compiled, name):
    assembly = for_arm(compiled[name][0])
    operations = Counter(re.findall(r"^\s+(f(?:mul|add))\s", assembly, re.MULTILINE))
    assert min(operations["fmul"], operations["fadd"]) > 200
    assert fused(assembly) == {}
    ours = set(re.findall(r"^(\S+):", assembly, re.MULTILINE))
    calls = set(re.findall(r"^\s+bl\s+(\S+)", assembly, re.MULTILINE))
    assert len(calls - ours) > 2
    assert [name for name in calls - ours if not re.fullmatch(rf"{HARMLESS}|x86\S+", name)] == []


# These tests bite


@on_x86
def test_with_the_flag_that_allows_it_arm_would_fuse(compiled):
    code, _ = compiled["advance-32"]
    allowed = re.sub(r"= (fmul|fadd|fsub) ", r"= \1 contract ", code)
    found = fused(for_arm(allowed))
    assert found["fmla"] > 50
    assert found["fmadd"] > 10


@pytest.mark.parametrize("flag", FLAGS.split("|"))
def test_a_flag_would_be_found(flag):
    @numba.njit(fastmath={flag})
    def multiply_and_add(x, y):
        return x * y + x

    multiply_and_add(1.5, 2.5)
    (code,) = multiply_and_add.inspect_llvm().values()
    assert flagged(code)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: np.exp(x),
        lambda x: np.tanh(x),
        lambda x: np.floor(x),
        lambda x: np.cos(x),
        lambda x: x**0.3,
        lambda x: x % 0.3,
    ],
    ids=["exp", "tanh", "floor", "cos", "pow", "frem"],
)
def test_a_call_to_libm_would_be_found(function, request):
    compiled = numba.njit(function)
    compiled(1.5)
    (code,) = compiled.inspect_llvm().values()
    (name,) = harmful(code)
    assert request.node.callspec.id in name
