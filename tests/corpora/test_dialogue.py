"""Booked tables: replies that fit what was asked for, the same on every machine, and splits that don't meet."""

import pytest

from attnlib.corpora.dialogue import QUESTIONS, SLOT_OF, SLOTS, bookings, fits, reply_to

TABLE = {"people": "four", "day": "friday", "time": "8pm"}


def test_every_reply_fits_and_says_what_it_should():
    for _, reply, state in bookings(200, seed=1):
        assert fits(reply, state)
        if len(state) < 3:
            assert " ".join(reply) in QUESTIONS.values()
        else:
            assert [word for word in reply if word in SLOT_OF] == [state[slot] for slot in SLOTS]


def test_what_was_said_last_is_the_state():
    for turns, _, state in bookings(200, seed=2):
        said = {}
        for turn in turns[::2]:                                      # the guest's
            said |= {SLOT_OF[word]: word for word in turn if word in SLOT_OF}
        assert said == state


@pytest.mark.parametrize("reply", ["five on friday at 8pm , right ?", "what time ?", "four on friday , right ?",
                                   "four on friday at 8pm at 9pm , right ?"])
def test_a_wrong_table_doesn_t_fit(reply):
    assert fits(reply_to(TABLE), TABLE) and not fits(reply.split(), TABLE)


def test_the_wrong_question_doesn_t_fit():
    assert fits("which day ?".split(), {"people": "two"})
    for other in ("what time ?", "which friday ?"):
        assert not fits(other.split(), {"people": "two"})


def test_the_same_again_and_no_table_in_both_splits():
    assert bookings(20, seed=3) == bookings(20, seed=3) != bookings(20, seed=4)
    train, test = ({tuple(state[slot] for slot in SLOTS) for _, _, state in bookings(1500, 5, split) if len(state) == 3}
                   for split in ("train", "test"))
    assert len(test) > 20 and len(train) > 200 and not train & test
    with pytest.raises(ValueError, match="no split 'dev'"):
        bookings(1, 1, "dev")
