"""The emulated `random` provider. Nothing it makes is in any cloud: the state is all there is."""

from __future__ import annotations

import base64
import secrets
import string
import uuid
from collections.abc import Iterable, Iterator
from random import Random
from typing import Any, Final

from ...core.extras import needs_extra
from ..emulator import Emulator, Property, Refusal, by_token, has_unknown, sdk_version
from .local import KEEPERS, OUTPUT, SECRET, LocalType, Values, connect

_SPECIAL: Final = "!@#$%&*()-_=+[]{}<>:?"
_FILLED: Final = Property("integer", replaces=True, computed=True)
_FLAG: Final = Property("boolean", replaces=True, computed=True)
_TEXT: Final = Property("string", replaces=True)
_BCRYPT_BYTES: Final = 72

_CHARACTERS: Final = {
    "length": Property("integer", replaces=True, required=True),
    "keepers": KEEPERS,
    "lower": _FLAG,
    "minLower": _FILLED,
    "minNumeric": _FILLED,
    "minSpecial": _FILLED,
    "minUpper": _FILLED,
    "number": _FLAG,
    "numeric": _FLAG,
    "overrideSpecial": _TEXT,
    "special": _FLAG,
    "upper": _FLAG,
}
_KINDS: Final = {
    "lower": (string.ascii_lowercase, "minLower"),
    "numeric": (string.digits, "minNumeric"),
    "special": (_SPECIAL, "minSpecial"),
    "upper": (string.ascii_uppercase, "minUpper"),
}


class _Characters(LocalType):
    """A text of random characters."""

    filled = {
        **dict.fromkeys(_KINDS, True),
        **{least: 0 for _, least in _KINDS.values()},
    }

    def refused(self, inputs: Values) -> Iterable[Refusal]:
        """Yield lengths that cannot be, and texts that have nothing to be made of."""
        if has_unknown(dict(inputs)):
            return
        least = sum(inputs[minimum] for _, minimum in _KINDS.values())
        if inputs["length"] < 1:
            yield Refusal("length", f"must be at least 1, not {inputs['length']}")
        elif least > inputs["length"]:
            yield Refusal("length", f"must be at least {least}, the sum of the minimums, not {inputs['length']}")
        if not any(_wanted(inputs).values()):
            yield Refusal("", "at least one of lower, numeric, special and upper must be true")

    def _result(self, inputs: Values) -> str:
        wanted = _wanted(inputs)
        chosen = [
            secrets.choice(_alphabet(kind, inputs))
            for kind, (_, minimum) in _KINDS.items()
            for _ in range(inputs[minimum])
        ]
        every = "".join(_alphabet(kind, inputs) for kind, on in wanted.items() if on)
        chosen += [secrets.choice(every) for _ in range(inputs["length"] - len(chosen))]
        secrets.SystemRandom().shuffle(chosen)
        return "".join(chosen)


def _wanted(inputs: Values) -> dict[str, bool]:
    # `number` is the old name of `numeric`.
    numeric = inputs["numeric"] and inputs.get("number", True)
    return {kind: bool(numeric if kind == "numeric" else inputs[kind]) for kind in _KINDS}


def _alphabet(kind: str, inputs: Values) -> str:
    return inputs.get("overrideSpecial") or _SPECIAL if kind == "special" else _KINDS[kind][0]


class RandomPassword(_Characters):
    """A random text that is secret."""

    token = "random:index/randomPassword:RandomPassword"  # noqa: S105
    properties = {**_CHARACTERS, "bcryptHash": SECRET, "result": SECRET}

    def make(self, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Make it, with its hash."""
        with needs_extra("RandomPassword", "rehearsal", "bcrypt"):
            import bcrypt
        result = self._result(inputs)
        # The cost of 10 is the provider's; bcrypt looks at 72 bytes.
        hashed = bcrypt.hashpw(result.encode()[:_BCRYPT_BYTES], bcrypt.gensalt(10)).decode()
        return "none", {"number": inputs["numeric"], "result": result, "bcryptHash": hashed}


class RandomString(_Characters):
    """A random text that is no secret."""

    token = "random:index/randomString:RandomString"  # noqa: S105
    properties = {**_CHARACTERS, "result": OUTPUT}

    def make(self, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Make it; it is its own id."""
        result = self._result(inputs)
        return result, {"number": inputs["numeric"], "result": result}


class RandomId(LocalType):
    """Random bytes in several spellings."""

    token = "random:index/randomId:RandomId"  # noqa: S105
    properties = {
        "b64Std": OUTPUT,
        "b64Url": OUTPUT,
        "byteLength": Property("integer", replaces=True, required=True),
        "dec": OUTPUT,
        "hex": OUTPUT,
        "keepers": KEEPERS,
        "prefix": _TEXT,
    }

    def refused(self, inputs: Values) -> Iterable[Refusal]:
        """Yield lengths that cannot be."""
        yield from _at_least(inputs, "byteLength", 1)

    def make(self, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Make it."""
        value, prefix = secrets.token_bytes(inputs["byteLength"]), inputs.get("prefix") or ""
        url = base64.urlsafe_b64encode(value).decode().rstrip("=")
        return url, {
            "b64Std": prefix + base64.b64encode(value).decode(),
            "b64Url": prefix + url,
            "dec": f"{prefix}{int.from_bytes(value, 'big')}",
            "hex": prefix + value.hex(),
        }


class RandomBytes(LocalType):
    """Random bytes that are secret."""

    token = "random:index/randomBytes:RandomBytes"  # noqa: S105
    properties = {
        "base64": SECRET,
        "hex": SECRET,
        "keepers": KEEPERS,
        "length": Property("integer", replaces=True, required=True),
    }

    def refused(self, inputs: Values) -> Iterable[Refusal]:
        """Yield lengths that cannot be."""
        yield from _at_least(inputs, "length", 1)

    def make(self, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Make them."""
        value = secrets.token_bytes(inputs["length"])
        return "none", {"base64": base64.b64encode(value).decode(), "hex": value.hex()}


_ADVERBS: Final = [
    "boldly",
    "calmly",
    "deeply",
    "easily",
    "fairly",
    "gently",
    "highly",
    "justly",
    "kindly",
    "lightly",
    "merely",
    "nearly",
    "openly",
]
_ADJECTIVES: Final = [
    "able",
    "brave",
    "clever",
    "daring",
    "eager",
    "fine",
    "glad",
    "happy",
    "keen",
    "loyal",
    "neat",
    "polite",
    "quick",
    "rare",
    "smart",
]
_ANIMALS: Final = [
    "ant",
    "bear",
    "cat",
    "deer",
    "eagle",
    "fox",
    "goat",
    "hare",
    "ibis",
    "jay",
    "koala",
    "lynx",
    "mole",
    "newt",
    "otter",
    "panda",
    "quail",
]


class RandomPet(LocalType):
    """A name of words."""

    token = "random:index/randomPet:RandomPet"  # noqa: S105
    properties = {
        "keepers": KEEPERS,
        "length": _FILLED,
        "prefix": _TEXT,
        "separator": Property("string", replaces=True, computed=True),
    }
    filled = {"length": 2, "separator": "-"}

    def refused(self, inputs: Values) -> Iterable[Refusal]:
        """Yield lengths that cannot be."""
        yield from _at_least(inputs, "length", 1)

    def make(self, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Make it; it is its own id."""
        count = inputs["length"]
        words = [secrets.choice(_ADVERBS) for _ in range(count - 2)]
        words += [secrets.choice(_ADJECTIVES)] if count > 1 else []
        words.append(secrets.choice(_ANIMALS))
        prefix = [inputs["prefix"]] if inputs.get("prefix") else []
        return inputs["separator"].join([*prefix, *words]), {}


class RandomInteger(LocalType):
    """A whole number; the same one for the same seed."""

    token = "random:index/randomInteger:RandomInteger"  # noqa: S105
    properties = {
        "keepers": KEEPERS,
        "max": Property("integer", replaces=True, required=True),
        "min": Property("integer", replaces=True, required=True),
        "result": Property("integer", output=True),
        "seed": _TEXT,
    }

    def refused(self, inputs: Values) -> Iterable[Refusal]:
        """Yield a range that is empty."""
        least, most = inputs.get("min"), inputs.get("max")
        if isinstance(least, int) and isinstance(most, int) and least > most:
            yield Refusal("min", f"must be at most max ({most}), not {least}")

    def make(self, inputs: Values) -> tuple[str, dict[str, Any]]:
        """Make it."""
        source = Random(inputs["seed"]) if inputs.get("seed") else secrets.SystemRandom()  # noqa: S311
        result = source.randint(inputs["min"], inputs["max"])
        return str(result), {"result": result}


class RandomUuid(LocalType):
    """A UUID."""

    token = "random:index/randomUuid:RandomUuid"  # noqa: S105
    properties = {"keepers": KEEPERS, "result": OUTPUT}

    def make(self, inputs: Values) -> tuple[str, dict[str, Any]]:  # noqa: ARG002
        """Make it."""
        result = str(uuid.uuid4())
        return result, {"result": result}


def _at_least(inputs: Values, name: str, least: int) -> Iterator[Refusal]:
    value = inputs.get(name)
    if isinstance(value, int) and value < least:
        yield Refusal(name, f"must be at least {least}, not {value}")


def emulator() -> Emulator:
    """Return the provider."""
    types = (
        RandomPassword(),
        RandomString(),
        RandomId(),
        RandomBytes(),
        RandomPet(),
        RandomInteger(),
        RandomUuid(),
    )
    return Emulator(
        package="random",
        version=sdk_version("pulumi-random", "4.21.4"),
        types=by_token(types),
        functions={},
        connect=connect,
        bridged=True,
    )
