"""What Numba has no words for: calling a kernel by its address, and fetching memory ahead of its use.

A kernel called by its address is compiled once, not once per caller. Numba's own way, a function passed as an argument
(`numba.types.FunctionType`), was tried: it costs 50 to 300 us for every call from Python, where an address costs none
and a whole path of 2,000 traders takes some 300 us. Among a million traders each is a miss of the cache; asked for
early, it is there in time.
"""

from __future__ import annotations

from typing import Any

import numba
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import cgutils, types
from numba.extending import intrinsic

_NUMBA: Any = numba  # ships no types
_CODE: Any = cgutils
_addresses: dict[Any, int] = {}


def address_of(kernel: Any, *arguments: object) -> int:
    """Return the address of the machine code of a compiled kernel for arguments of these types, always the same ones.

    Notes
    -----
    What numba's own function objects do: the library of the one specialization is asked for its entry, once. The
    library lives as long as the dispatcher, so the address stays good.
    """
    if kernel not in _addresses:
        signature = tuple(_NUMBA.typeof(argument) for argument in arguments)
        kernel.compile(signature)
        compiled = kernel.overloads[signature]
        _addresses[kernel] = int(compiled.library.get_pointer_to_function(compiled.fndesc.llvm_func_name))
    return _addresses[kernel]


def _call(context: Any, builder: Any, result: Any, kinds: Any, values: Any) -> Any:
    """Write the call of the function at the address values[0] with the other values; its errors go on upward."""
    target = context.call_conv.get_function_type(result, kinds)
    function = builder.inttoptr(values[0], ir.PointerType(target))
    status, answer = context.call_conv.call_function(builder, function, result, kinds, values[1:])
    with _CODE.if_unlikely(builder, status.is_error):
        context.call_conv.return_status_propagate(builder, status)
    return answer


def _call_at(
    typing_context: Any, address: Any, first: Any, desk: Any, state: Any, venue: Any, policy: Any
) -> tuple[Any, Any]:
    """Call the kernel at `address`, a function of five arguments that returns nothing."""

    def build(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        _call(context, builder, types.none, signature.args[1:], values)
        return context.get_dummy_value()

    return types.none(address, first, desk, state, venue, policy), build


def _number_at(typing_context: Any, address: Any, first: Any, second: Any, third: Any, policy: Any) -> tuple[Any, Any]:
    """Call the kernel at `address`, a function of four arguments that returns a number."""

    def build(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return _call(context, builder, types.float64, signature.args[1:], values)

    return types.float64(address, first, second, third, policy), build


call_at: Any = intrinsic(_call_at)
number_at: Any = intrinsic(_number_at)


def _prefetch(typing_context: Any, rows: Any, at: Any) -> tuple[Any, Any]:
    """Fetch the first and the last line of `rows[at]`, for reading and writing; `at` must be within the array."""

    def build(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        kind = signature.args[0]
        array = context.make_array(kind)(context, builder, values[0])
        shape = _CODE.unpack_tuple(builder, array.shape)
        strides = _CODE.unpack_tuple(builder, array.strides)
        item = _CODE.get_item_pointer2(context, builder, array.data, shape, strides, kind.layout, [values[1]])
        byte, word = ir.IntType(8).as_pointer(), ir.IntType(32)
        start = builder.bitcast(item, byte)
        fetch = builder.module.declare_intrinsic(
            "llvm.prefetch", (byte,), ir.FunctionType(ir.VoidType(), [byte, word, word, word])
        )
        size = context.get_abi_sizeof(context.get_data_type(kind.dtype))
        for offset in (0, size - 1):
            line = builder.gep(start, [ir.Constant(ir.IntType(64), offset)])
            builder.call(fetch, [line, word(1), word(3), word(1)])
        return context.get_dummy_value()

    return types.none(rows, types.intp), build


prefetch: Any = intrinsic(_prefetch)
