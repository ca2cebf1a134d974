"""Made-up talks in which somebody books a table: what is asked for can be checked, word by word. Own work, CC BY 4.0.

A table needs people, a day and a time. The guest says one or two of them a turn, in any order, and may change one. The
restaurant asks for the first that is missing, in this order, or says all three back; after a yes it has booked.
"""

import itertools
import random
import zlib
from typing import NamedTuple

SLOTS = {
    "people": "two three four five six seven eight".split(),
    "day": "monday tuesday wednesday thursday friday saturday sunday".split(),
    "time": "noon 1pm 2pm 5pm 6pm 7pm 8pm 9pm".split(),
}
QUESTIONS = {"people": "for how many ?", "day": "which day ?", "time": "what time ?"}
SAID = {"people": ("for {}", "we are {}", "{} people"), "day": ("on {}", "{} please", "for {}"),
        "time": ("at {}", "{} please", "about {}")}
SLOT_OF = {value: slot for slot, values in SLOTS.items() for value in values}


class Exchange(NamedTuple):
    """The turns so far, each a list of words, the guest's last; the right reply; what has been asked for until now."""

    turns: list[list[str]]
    reply: list[str]
    state: dict[str, str]


def bookings(count, seed, split="train"):
    """The exchanges of `count` talks. A tenth of the tables (people, day, time) are in "test" and in no other talk."""
    if split not in ("train", "test"):
        raise ValueError(f'there is no split {split!r}; there are "train" and "test"')
    tables = [table for table in itertools.product(*SLOTS.values())
              if (zlib.crc32(" ".join(table).encode()) % 10 == 0) == (split == "test")]
    draw = random.Random(seed)
    return [exchange for _ in range(count) for exchange in _talk(draw, draw.choice(tables), tables)]


def reply_to(state, agreed=False):
    """What the restaurant says: it asks for what is missing, says the table back, or books it."""
    for slot, question in QUESTIONS.items():
        if slot not in state:
            return question.split()
    table = "{people} on {day} at {time}".format(**state)
    return (f"booked : {table}" if agreed else f"{table} , right ?").split()


def fits(reply, state):
    """Does a reply (words) do its task? It asks for what is missing first, or says exactly the values of the state."""
    named = [word for word in reply if word in SLOT_OF]
    missing = [slot for slot in QUESTIONS if slot not in state]
    if missing:
        return not named and list(reply) == QUESTIONS[missing[0]].split()
    return sorted(named) == sorted(state.values())


def _talk(draw, table, tables):
    """One talk that ends with `table`, exchange by exchange; one of `tables` is said before it if the guest changes."""
    final = dict(zip(SLOTS, table, strict=True))
    changed = draw.choice([*SLOTS, None, None])                     # the slot that the guest changes in the end
    others = [{**final, changed: value} for value in SLOTS.get(changed, ())]
    others = [other for other in others if other != final and tuple(other.values()) in tables]
    wanted = draw.choice(others) if others else final
    turns, state = [], {}
    left = draw.sample(list(SLOTS), 3)

    def exchange(said, agreed=False):
        turns.append(said.split())
        reply = reply_to(state, agreed)
        found = Exchange([list(turn) for turn in turns], reply, dict(state))
        turns.append(reply)
        return found

    while left:
        now = left[: draw.choice((1, 1, 2))] if not turns else [next(slot for slot in QUESTIONS if slot in left)]
        left = [slot for slot in left if slot not in now]
        state.update({slot: wanted[slot] for slot in now})
        yield exchange(" , ".join(draw.choice(SAID[slot]).format(wanted[slot]) for slot in now))
    if wanted != final:
        state[changed] = final[changed]
        yield exchange(draw.choice(("no , {}", "sorry , {} instead", "make it {}")).format(final[changed]))
    yield exchange(draw.choice(("yes please", "right", "perfect")), agreed=True)
