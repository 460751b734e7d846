"""Who makes room when there are too many connections, and who is turned away."""

from dataclasses import dataclass, field

import pytest

from feedproxy.web.crowd import Crowd


@dataclass(eq=False)
class Connection:
    waits: bool = True
    unsent: int = 0
    listed: bool = False
    ended: list[str] = field(default_factory=list)

    def end(self, reason: str) -> None:
        self.ended.append(reason)


def crowd(most: int = 100, per_client: int = 0, unsent: int = 1_000) -> tuple[Crowd, list[str]]:
    refused: list[str] = []
    made = Crowd(
        most=most,
        most_per_client=per_client,
        uncounted=["127.0.0.0/8", "::1/128"],
        unsent_octets=unsent,
        refused=refused.append,
    )
    return made, refused


def enter(room: Crowd, *addresses: str) -> list[Connection]:
    members = [Connection() for _ in addresses]
    for member, address in zip(members, addresses, strict=True):
        assert room.admit(member, address)
    return members


def ended(members: list[Connection]) -> list[int]:
    return [n for n, member in enumerate(members) if member.ended]


def test_the_one_that_has_waited_longest_makes_room() -> None:
    room, _ = crowd(most=3)
    members = enter(room, *["192.0.2.1"] * 3)
    room.waiting(members[0])  # it has been answered: now the second has waited longest
    members += enter(room, "192.0.2.9", "192.0.2.9")
    assert ended(members) == [1, 2]
    assert members[1].ended == ["crowded"]
    assert len(room) == 3


def test_one_that_is_being_answered_is_not_sacrificed_and_the_newcomer_turned_away() -> None:
    room, refused = crowd(most=2)
    members = enter(room, "192.0.2.1", "192.0.2.1")
    for member in members:
        member.waits = False
    assert not room.admit(Connection(), "192.0.2.2")
    assert ended(members) == []
    assert refused == ["crowded"]
    room.leave(members[0])
    assert room.admit(Connection(), "192.0.2.2")


def test_one_that_was_passed_over_as_busy_is_told_to_say_when_it_waits_again() -> None:
    room, _ = crowd(most=2)
    members = enter(room, "192.0.2.1", "192.0.2.1")
    members[0].waits = False
    members += enter(room, "192.0.2.1")
    assert ended(members) == [1]
    assert [member.listed for member in members] == [False, False, True]
    members[0].waits, members[2].waits = True, False
    assert not room.admit(Connection(), "192.0.2.1")
    room.waiting(members[0])
    members += enter(room, "192.0.2.1")
    assert ended(members) == [0, 1]


@pytest.mark.parametrize(
    "addresses",
    [
        ["192.0.2.1", "192.0.2.1", "::ffff:192.0.2.1"],
        ["2001:db8::1", "2001:db8::2", "2001:db8:0:0:ffff::"],
        ["fe80::1%eth0", "fe80::2%eth1", "fe80::3"],
    ],
)
def test_a_client_has_its_own_limit_at_its_own_expense(addresses: list[str]) -> None:
    room, _ = crowd(per_client=2)
    others = enter(room, "198.51.100.1", "2001:db8:0:1::1")
    members = enter(room, *addresses)
    assert ended(members) == [0]
    assert ended(others) == []


def test_a_client_that_is_all_busy_is_turned_away_and_others_are_not() -> None:
    room, refused = crowd(per_client=1)
    enter(room, "192.0.2.1")[0].waits = False
    assert not room.admit(Connection(), "192.0.2.1")
    assert refused == ["crowded"]
    assert room.admit(Connection(), "192.0.2.2")


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "", "/run/feedproxy.sock"])
def test_those_who_speak_for_many_have_no_limit_of_their_own(address: str) -> None:
    room, _ = crowd(per_client=1)
    assert ended(enter(room, *[address] * 9)) == []


def test_who_has_left_is_forgotten_and_may_leave_twice() -> None:
    room, _ = crowd(per_client=1)
    for _ in range(3):
        (member,) = enter(room, "192.0.2.1")
        room.leave(member)
        room.leave(member)
    assert len(room) == 0
    assert room._clients == {}


def test_when_too_much_is_unsent_who_stalls_longest_is_ended() -> None:
    room, _ = crowd(unsent=1_000)
    members = enter(room, *["192.0.2.1"] * 4)
    for member, octets in zip(members, (400, 300, 600, 300), strict=True):
        member.unsent = octets
        room.stalls(member)
    assert ended(members) == [0, 1]
    assert members[0].ended == ["unsent"]


def test_who_takes_the_answer_again_no_longer_stalls() -> None:
    room, _ = crowd(unsent=1_000)
    members = enter(room, *["192.0.2.1"] * 2)
    for member in members:
        member.unsent = 600
    room.stalls(members[0])
    room.flows(members[0])
    room.stalls(members[1])
    assert ended(members) == []
