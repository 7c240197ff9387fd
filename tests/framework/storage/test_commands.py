from __future__ import annotations

from fetchgram.storage import Session


async def test_a_command_is_taken_once_in_order(session: Session) -> None:
    first = await session.commands.add("cancel", {"job": 1})
    second = await session.commands.add("retry", {"job": 2})
    third = await session.commands.add("retry", {"job": 3})
    taken = await session.commands.take(2)
    assert [(c.id, c.name, c.args) for c in taken] == [(first, "cancel", {"job": 1}), (second, "retry", {"job": 2})]
    assert [c.id for c in await session.commands.take(9)] == [third]
    assert await session.commands.take(9) == []


async def test_the_result_is_there_when_it_is_done(session: Session) -> None:
    command = await session.commands.add("cancel", {})
    assert await session.commands.result(command) is None
    await session.commands.take(1)
    await session.commands.done(command, {"ok": True})
    assert await session.commands.result(command) == {"ok": True}
    found = await session.commands.get(command)
    assert found is not None
    assert found.done
    assert await session.commands.result(99) is None


async def test_what_a_dead_process_took_is_taken_again(session: Session) -> None:
    done, lost = await session.commands.add("a", {}), await session.commands.add("b", {})
    await session.commands.take(2)
    await session.commands.done(done, None)
    assert await session.commands.requeue() == 1
    assert [c.id for c in await session.commands.take(9)] == [lost]
