"""Passwords that others would try first, told by rule instead of by a long list. Pure.

With 15 characters as the least, almost all of the usual 100,000 passwords are too short already. What is left of them
is made of a few usual words, names, keyboard runs, years and repeats; those are taken apart here (rule T-A4).
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache

_MOST_PIECES = 3
_MOST_STRANGE_CHARS = 3
_FEWEST_DIFFERENT_CHARS = 5
_SHORTEST_RUN = 3
_LONGEST_REPEATED_BLOCK = 7
_SHORTEST_NAME_PART = 3

_NOT_WORD = re.compile(r"[\W_]+")
_YEAR = re.compile(r"(?:19|20)\d\d")
_SAME = re.compile(r"(.)\1{2,}")
_LEET = str.maketrans("@013457$89", "aoieastsbg")
_RUNS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiop",
    "yxcvbnm",
    "azertyuiop",
    "qsdfghjklm",
    "wxcvbn",
    "qazwsxedcrfvtgbyhnujmikolp",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0",
    "zaq12wsxcde34rfvbgt56yhn",
)
_PHRASES = frozenset(
    "correcthorsebatterystaple onceuponatime tobeornottobe whatsmypassword thequickbrownfox "
    "thequickbrownfoxjumpsoverthelazydog ihaveadream nevergonnagiveyouup maytheforcebewithyou winteriscoming "
    "enunlugardelamancha erasunavez".split()
)
_FILLERS = frozenset(
    "a an the my your our is am i im you me we us it in on of to for and or not no yes be do go el la de mi tu y".split()
)
_WORDS = frozenset(
    """
    abc admin administrator account access andrea andrew angel angela angels anthony arsenal asdf ashley awesome azerty
    baby babygirl bailey banana barcelona baseball basket basketball batman beautiful blink blue bonita boston brandon
    buster butterfly calvin carlos carolina cellphone change changeme charlie cheese chelsea chicago chocolate chris
    christian computer cookie corvette daniel daniela david default diamond dolphin donald dragon eagles elephant
    elizabeth eminem estrella familia family fender ferrari flower football forever freedom friend friends fuckyou
    gabriel george ginger girl god golden google guest guitar hannah happy harley heaven hello help hockey hola hunter
    iloveyou internet jackson james jasmine jasper jennifer jessica jesus johnny jordan joseph joshua junior justin
    killer king laura letmein liverpool login lol london love lovely loveme lover loveyou lucky madrid maggie manager
    manchester maria marina martin master matrix matthew melissa mercedes merlin mexico michael michelle mickey miguel
    mobile money monica monkey mother mustang naruto nicole nothing orange pakistan paloma pass passphrase password
    passwort patrick peanut pepper phoenix phone playboy pokemon portal prince princesa princess private public purple
    qwerty rabbit raiders ranger realmadrid rebecca red robert root samantha samsung scooter secret secreto security
    server shadow silver skywalker slipknot snoopy soccer sophie starwars summer sunflower sunshine superman
    superstar system target taylor teamo tequiero test testing thomas thunder tigger tinkerbell trustno tweety user
    vanessa victor victoria welcome whatever william winter wizard yankees yellow zxcvbn
    contrasena clave amor mivida corazon hermosa hermano mama papa bebe
    podcast podcasts episode episodes episodio member members miembro studio listen radio show feed
    january february march april may june july august september october november december
    monday tuesday wednesday thursday friday saturday sunday spring autumn
    """.split()
)


def is_guessable(password: str, personal: Iterable[str] = ()) -> bool:
    """Whether a password is mostly usual words, runs, repeats, or names from ``personal`` (the show's, the person's).

    It is where taking such pieces away leaves at most three characters, and there were at most three different ones
    (words such as "the" are not counted);
    or where it is a short block repeated, or has fewer than five different characters.
    """
    plain = _squeeze(password)
    if len(set(plain)) < _FEWEST_DIFFERENT_CHARS or _is_repeated_block(plain):
        return True
    names = {part for text in personal for part in _list_parts(text)}
    return any(_is_made_of_pieces(form, names) for form in (plain, _squeeze(password.translate(_LEET))))


def _squeeze(text: str) -> str:
    return _NOT_WORD.sub("", unicodedata.normalize("NFKD", text).casefold())


def _list_parts(text: str) -> list[str]:
    """A name as one word and word by word, and an address by what stands before and after its @."""
    parts = [_squeeze(text), *(_squeeze(part) for part in _NOT_WORD.split(text))]
    return [part for part in parts if len(part) >= _SHORTEST_NAME_PART]


def _is_repeated_block(text: str) -> bool:
    longest = min(_LONGEST_REPEATED_BLOCK, len(text) // 2)
    return any(text == (text[:size] * len(text))[: len(text)] for size in range(1, longest + 1))


def _is_made_of_pieces(text: str, names: set[str]) -> bool:
    if text in _PHRASES:
        return True
    pieces: set[str] = set()
    strange, at = 0, 0
    while at < len(text):
        size = _measure_piece(text, at, names)
        if size and text[at : at + size] not in _FILLERS:
            pieces.add(text[at : at + size])
        elif not size:
            strange += 1
        at += size or 1
    return strange <= _MOST_STRANGE_CHARS and len(pieces) <= _MOST_PIECES


def _measure_piece(text: str, at: int, names: set[str]) -> int:
    """The length of the longest usual piece that begins there; 0 where none does."""
    longest = 0
    known = _WORDS | _FILLERS | names
    for end in range(min(len(text), at + 40), at, -1):
        if text[at:end] in known or (end - at >= _SHORTEST_RUN and text[at:end] in _list_runs()):
            longest = end - at
            break
    for pattern in (_YEAR, _SAME):
        found = pattern.match(text, at)
        longest = max(longest, len(found[0]) if found else 0)
    return longest


@cache
def _list_runs() -> frozenset[str]:
    """Every stretch of three or more keys of the runs, in both directions."""
    both = [direction for run in _RUNS for direction in (run, run[::-1])]
    return frozenset(
        run[start:end]
        for run in both
        for start in range(len(run))
        for end in range(start + _SHORTEST_RUN, len(run) + 1)
    )
