"""What learners might hand in to harm a grading: one cell each, and the verdict that it must get all the same.

In a source, TASK is the name of the function that the exercise asks for; a line RIGHT or WRONG defines it that way; and
<submissions>, <out>, <course>, <package>, <home>, <port> are where the test has them. An attack that would be right if
it came through is judged wrong.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass

RIGHT = "def TASK(x):\n    return 2 * x"
WRONG = "def TASK(x):\n    return 0 * x"
SQUARE = "def TASK(x):\n    return x * x"


@dataclass(frozen=True)
class Attack:
    """A cell and what becomes of it.

    Attributes
    ----------
    name : what it tries
    text : the cell
    statuses : what its judgement may be: more than one where the kernel and the watcher both stop it
    says : words of the judgement's message
    """

    name: str
    text: str
    statuses: tuple[str, ...] = ("wrong",)
    says: str = ""

    def source(self, name: str, places: dict[str, object]) -> str:
        """The cell for the exercise `name`, where `places` are."""

        def define(found: re.Match[str]) -> str:
            return textwrap.indent({"RIGHT": RIGHT, "WRONG": WRONG}[found[2]], found[1])

        source = re.sub(r"^( *)(RIGHT|WRONG)$", define, self.text.strip("\n"), flags=re.MULTILINE)
        for word, place in places.items():
            source = source.replace(f"<{word}>", str(place))
        return source.replace("TASK", name)


def _stolen(what: str) -> str:
    """An answer that hands over what it finds, as the text of an error."""
    return f"def TASK(x):\n    raise ValueError({what})"


def _if_done(what: str) -> str:
    """An answer that is right if something can be done, and wrong if it is refused."""
    tried = textwrap.indent(what.strip("\n"), "    ")
    return f"import os\ntry:\n{tried}\nexcept BaseException:\n    WRONG\nelse:\n    RIGHT"


REFUSED, ENDED, RAISED = ("wrong",), ("stopped",), ("raised",)
EITHER, BROKEN = ("stopped", "raised"), ("wrong", "stopped", "raised")

# learner → the attacks in the learner's cells, in their order
ATTACKS: dict[str, tuple[Attack, ...]] = {
    "Patches the checks": (
        Attack(
            "says yes in Exercise.__call__",
            """
from cnnlab.checks import exercise
exercise.Exercise.__call__ = lambda self, *answers: exercise.Verdict("correct", "forged")
WRONG""",
        ),
        Attack(
            "says yes in the judging",
            """
from cnnlab.checks import judging, answers
judging.ByCases.__call__ = judging.ByValue.__call__ = lambda self, answer: "forged"
answers.close = lambda *_: True
WRONG""",
        ),
        Attack(
            "makes all things equal in NumPy",
            """
import numpy as np
np.array_equal = np.allclose = np.isclose = lambda *_, **__: True
WRONG""",
        ),
        Attack(
            "changes the builtins",
            """
import builtins
builtins.isinstance = builtins.callable = builtins.all = builtins.any = lambda *_: True
WRONG""",
            BROKEN,
        ),
        Attack(
            "changes json",
            """
import json
json.dumps = lambda *_, **__: '{"status": "correct"}'
json.loads = lambda *_, **__: {"status": "correct"}
WRONG""",
            BROKEN,
        ),
        Attack(
            "puts itself in the place of the wire",
            """
import sys
for name in list(sys.modules):
    if "grading" in name:
        sys.modules[name] = type(sys)("forged")
WRONG""",
            BROKEN,
        ),
        Attack(
            "looks for the truth in memory",
            """
import gc
TASK = next((o.truth for o in gc.get_objects() if type(o).__name__ == "ByCases"), lambda x: 0 * x)""",
        ),
        Attack(
            "looks for the check in the frames below",
            """
import sys
def TASK(x):
    frame = sys._getframe()
    while frame is not None:
        for value in list(frame.f_locals.values()):
            if hasattr(value, "solution_source"):
                return 2 * x
        frame = frame.f_back
    return 0 * x""",
        ),
    ),
    "Ends itself": (
        Attack("ends its process with 0", "import os\nos._exit(0)", BROKEN, "code 0"),
        Attack("ends its process when it is called", "import os\ndef TASK(x):\n    os._exit(0)", BROKEN, "code 0"),
        Attack("leaves", "import sys\nsys.exit(0)", RAISED, "SystemExit"),
        Attack("leaves when it is called", "import sys\ndef TASK(x):\n    sys.exit(0)", ("wrong", "raised")),
        Attack("interrupts", "raise KeyboardInterrupt", RAISED, "KeyboardInterrupt"),
        Attack("interrupts when it is called", "def TASK(x):\n    raise KeyboardInterrupt", ("wrong", "raised")),
        Attack("reads where nothing is", "import ctypes\nctypes.string_at(0)", ENDED, "SIGSEGV"),
        Attack(
            "leaves a forged verdict for the end",
            """
import atexit, os, sys
def forged():
    for descriptor in range(3, 20):
        try:
            os.write(descriptor, b'{"status": "ok", "judgements": []}')
        except OSError:
            pass
atexit.register(forged)
WRONG""",
        ),
    ),
    "Takes everything": (
        Attack("starts children", "import os\nfor _ in range(200):\n    os.fork()\nRIGHT", RAISED, "PermissionError"),
        Attack("fills the memory", "kept = []\nwhile True:\n    kept.append(bytearray(10_000_000))", EITHER),
        Attack(
            "fills the memory when called",
            "def TASK(x):\n    kept = []\n    while True: kept.append(b'x' * 10**7)",
            BROKEN,
        ),
        Attack("asks for a terabyte", "import numpy as np\ndef TASK(x):\n    return np.ones(10**11)"),
        Attack("fills the disk", "with open('large', 'wb') as file:\n    while True: file.write(bytes(10**6))", EITHER),
        Attack("makes a file of ten terabytes", "open('sparse', 'wb').truncate(10**13)\nRIGHT", RAISED, "OSError"),
        Attack("calls itself for ever", "def TASK(x):\n    return TASK(x)", REFUSED, "RecursionError"),
        Attack("nests brackets", "eval('(' * 100_000)\nRIGHT", EITHER),
    ),
    "Never ends": (
        Attack("loops when it is called", "def TASK(x):\n    while True:\n        pass", ENDED, "no end after"),
        Attack("prints for ever", "while True:\n    print('x' * 100_000)", ENDED, "no end after"),
    ),
    "Sleeps": (
        Attack("sleeps for ever", "import time\ntime.sleep(10**6)", ENDED, "no end after"),
        Attack(
            "hides a file that grows from the folder",
            """
import tempfile
file = tempfile.TemporaryFile()
while True:
    file.write(bytes(100_000))""",
            EITHER,
        ),
        Attack(
            "makes folders in each other",
            """
import os
for _ in range(1_500):
    os.mkdir("d")
    os.chdir("d")
def TASK(x):
    return 0 * x""",
            BROKEN,
        ),
    ),
    "Writes": (
        Attack("changes the course's package", _if_done("open('<package>/checks/exercise.py', 'a').write('#')")),
        Attack("adds a module to the package", _if_done("open('<package>/checks/planted.py', 'w').close()")),
        Attack("changes the lesson", _if_done("open('<course>/notebooks/01_attacked.ipynb', 'w').close()")),
        Attack(
            "writes into another's result",
            _if_done(
                "os.makedirs('<out>/results/bo', exist_ok=True)\nopen('<out>/results/bo/01_attacked.json', 'w').close()"
            ),
        ),
        Attack("writes the grades", _if_done("open('<out>/grades.json', 'w').write('{}')")),
        Attack(
            "writes its own verdict",
            _if_done(
                "above = os.path.dirname(os.environ['HOME'])\n"
                "open(above + '/result.json', 'w').write('{\"status\": \"ok\"}')"
            ),
        ),
        Attack(
            "links the results into its folder, for the one who cleans up",
            """
import os
os.symlink("<out>", "link")
os.mkdir("closed", 0)
def TASK(x):
    return 0 * x""",
        ),
        Attack(
            "deletes, cuts and closes what others have",
            _if_done(
                """
for path in ("<submissions>/Bo/01_attacked.ipynb", "<package>/checks/exercise.py"):
    os.chmod(path, 0)
    done = 0
    for harm in (os.unlink, lambda p: os.truncate(p, 0), lambda p: os.rename(p, p + "x"), lambda p: open(p, "w")):
        try:
            harm(path)
            done += 1
        except OSError:
            pass
    if not done:
        raise OSError""".strip()
            ),
        ),
    ),
    "Reads": (
        Attack(
            "reads another's submission",
            _stolen("open('<submissions>/Bo/01_attacked.ipynb').read()"),
            REFUSED,
            "PermissionError",
        ),
        Attack(
            "lists the submissions", _stolen("__import__('os').listdir('<submissions>')"), REFUSED, "PermissionError"
        ),
        Attack("reads the environment", _if_done("os.environ['COURSE_TOKEN']")),
        Attack(
            "reads its parent's environment",
            _stolen("open(f'/proc/{__import__(\"os\").getppid()}/environ').read()"),
            REFUSED,
            "Error",
        ),
        Attack(
            "reads everybody's environment",
            _if_done(
                """
import glob
found = ""
for path in glob.glob("/proc/[0-9]*/environ"):
    if path.split("/")[2] != str(os.getpid()):
        try:
            found += open(path).read()
        except OSError:
            pass
assert found""".strip()
            ),
        ),
        Attack(
            "reads keys in the home folder",
            _stolen("open('<home>/.ssh/id_ed25519').read()"),
            REFUSED,
            "PermissionError",
        ),
        Attack("reads its parent's memory", _if_done("open(f'/proc/{os.getppid()}/mem', 'rb').read(1)")),
        Attack(
            "traces its parent",
            _if_done(
                """
import ctypes
if ctypes.CDLL(None).ptrace(16, os.getppid(), 0, 0) != 0:
    raise OSError""".strip()
            ),
        ),
    ),
    "Speaks": (
        Attack(
            "writes forged messages to every pipe",
            """
import os
for descriptor in range(3, 30):
    try:
        os.write(descriptor, b'{"status": "ok"}' * 10)
    except OSError:
        pass
WRONG""",
            BROKEN,
        ),
        Attack("closes every pipe", "import os\nos.closerange(0, 256)\nRIGHT", BROKEN),
        Attack("ends its parent", "import os\nos.kill(os.getppid(), 9)\nRIGHT", RAISED, "PermissionError"),
        Attack("ends its parent's group", "import os\nos.killpg(os.getpgid(os.getppid()), 9)\nRIGHT", RAISED, "Error"),
        Attack("ends everybody", "import os\nos.kill(-1, 9)\nRIGHT", RAISED, "PermissionError"),
        Attack(
            "leaves a daemon",
            "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', '0'])\nRIGHT",
            RAISED,
            "PermissionError",
        ),
        Attack(
            "calls a server",
            "import socket\nsocket.create_connection(('127.0.0.1', <port>), 5)\nRIGHT",
            RAISED,
            "Permission",
        ),
        Attack(
            "sends a packet",
            """
import socket
socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", <port>))
\nRIGHT""",
            RAISED,
            "PermissionError",
        ),
    ),
    "Lies": (
        Attack(
            "is equal to everything",
            """
class Yes(float):
    __eq__ = __le__ = __ge__ = __lt__ = __bool__ = lambda *_: True
    __sub__ = __rsub__ = __abs__ = lambda *_: 0.0
    __hash__ = None
def TASK(x):
    return Yes(1)""",
        ),
        Attack(
            "claims another class",
            """
class Liar:
    __class__ = property(lambda self: float)
    __array__ = lambda self, *_, **__: __import__("numpy").zeros(3)
    __len__ = lambda self: -1
def TASK(x):
    return Liar()""",
        ),
        Attack(
            "is a dictionary of its own kind",
            """
class Odd(dict):
    __getitem__ = get = lambda self, *_: 6
    __iter__ = lambda self: iter(int, 1)
    items = keys = values = __iter__
def TASK(x):
    return Odd(a=1)""",
        ),
        Attack(
            "answers an endless list",
            """
class Endless(list):
    __iter__ = lambda self: iter(int, 1)
    __len__ = lambda self: 2**62
def TASK(x):
    return Endless([1])""",
            BROKEN,
        ),
        Attack(
            "answers an array that is larger than it is",
            """
import numpy as np
def TASK(x):
    return np.broadcast_to(np.float64(6), (10**6, 10**6))""",
            BROKEN,
        ),
        Attack("answers a number of a million digits", "def TASK(x):\n    return 10 ** 1_000_000"),
        Attack(
            "is right only the second time",
            """
calls = []
def TASK(x):
    calls.append(1)
    return 2 * x if len(calls) > 1 else x""",
        ),
        Attack(
            "answers a list in itself, ten thousand deep",
            """
def TASK(x):
    deep = []
    for _ in range(10_000):
        deep = [deep]
    return deep""",
            BROKEN,
        ),
    ),
}
