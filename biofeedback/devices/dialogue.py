"""Talk to a device step by step, as its profile says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from biofeedback.devices.base import DeviceError
from biofeedback.devices.links import Step
from biofeedback.devices.transports.base import Received, Transport

_LONGEST_ANSWER_BYTES = 65536
_SHOWN = 60


async def hold(transport: Transport, steps: Iterable[Step], hear: Callable[[Received], None] | None = None) -> None:
    """Go through the steps of a dialogue; ``hear`` is given what comes from where the answer is expected.

    Raises
    ------
    DeviceError
        If an answer does not come in time, or is a refusal.
    LinkLostError
        If the link breaks.
    """
    for step in steps:
        if step.expect:
            transport.discard_input()
        if step.command:
            await transport.write(step.command, step.to)
        if step.expect:
            _judge(transport, step, await _answer(transport, step, hear))
        if step.wait_s:
            await asyncio.sleep(step.wait_s)


async def ask(transport: Transport, step: Step) -> str:
    """Return the answer to one step, its end included.

    Raises
    ------
    DeviceError
        If it does not come in time, or is a refusal.
    LinkLostError
        If the link breaks.
    """
    transport.discard_input()
    await transport.write(step.command, step.to)
    answer = await _answer(transport, step, None)
    _judge(transport, step, answer)
    return answer


async def ask_until(transport: Transport, step: Step, is_whole: Callable[[bytes], bool]) -> bytes:
    """Return the answer to one step, which ends where ``is_whole`` says.

    Raises
    ------
    DeviceError
        If it does not come in time.
    LinkLostError
        If the link breaks.
    """
    transport.discard_input()
    await transport.write(step.command, step.to)
    answer = bytearray()
    try:
        async with asyncio.timeout(step.within_s):
            while not is_whole(bytes(answer)):
                answer += (await transport.read()).data
                del answer[:-_LONGEST_ANSWER_BYTES]
    except TimeoutError as error:
        raise _no_answer(transport, step, bytes(answer)) from error
    return bytes(answer)


async def _answer(transport: Transport, step: Step, hear: Callable[[Received], None] | None) -> str:
    """Read up to and including the expected end."""
    answer = bytearray()
    end = step.expect.encode("latin-1")
    try:
        async with asyncio.timeout(step.within_s):
            while end not in answer:
                piece = await transport.read()
                if hear and piece.origin and piece.origin == step.answer_from:
                    hear(piece)
                if step.answer_from in ("", piece.origin):
                    answer += piece.data
                del answer[:-_LONGEST_ANSWER_BYTES]
    except TimeoutError as error:
        raise _no_answer(transport, step, bytes(answer)) from error
    return answer[: answer.index(end) + len(end)].decode("latin-1")


def _no_answer(transport: Transport, step: Step, came: bytes) -> DeviceError:
    what = f"only {_shown(came)!r}" if came else "nothing"
    return DeviceError(
        f"No answer to {_shown(step.command)!r} on {transport.name}: {what} came. "
        "Check that the sensor is switched on and that the right port and profile are chosen."
    )


def _judge(transport: Transport, step: Step, answer: str) -> None:
    if step.refuse and answer.lstrip().startswith(step.refuse):
        raise DeviceError(f"The device on {transport.name} refuses: {_shown(answer.encode('latin-1'))}")
    if step.contains not in answer:
        raise DeviceError(
            f"The device on {transport.name} is another one: it says {_shown(answer.encode('latin-1'))!r}."
        )


def _shown(data: bytes) -> str:
    """Return bytes as a short line a person can read."""
    printable = data.decode("latin-1").replace("\r", " ").replace("\n", " ").strip()
    text = printable if printable.isprintable() else data.hex(" ")
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
