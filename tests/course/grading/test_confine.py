"""What a learner's process can reach: each lock tried from within, alone where two hold the same door."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from cnnlab.course.batch.execute import environment
from cnnlab.course.batch.processes import MARK, remove
from cnnlab.course.grading.confined import confine, inside, landlock, seccomp, watch
from cnnlab.course.grading.confined.confine import MB, Limits
from cnnlab.course.grading.confined.kept_out import in_a_sentence, kept_out
from cnnlab.course.lessons import CourseError

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such thing")
linux = pytest.mark.skipif(sys.platform != "linux", reason="one of Linux's mechanisms")
landlocked = pytest.mark.skipif(landlock.version() < 6, reason="needs Landlock with signals: Linux 6.12")
filtered = pytest.mark.skipif(not seccomp.available(), reason="needs the filter of system calls")
slow = pytest.mark.skipif(not os.environ.get("CNNLAB_SLOW"), reason="imports Keras: set CNNLAB_SLOW=1")

ENTER = "from cnnlab.course.grading.confined import inside, landlock, seccomp\n"
WITHOUT = {
    "both": "",
    "both, of Linux 5.13": "landlock.version = lambda: 1\n",
    "landlock": "seccomp.available = lambda: False\n",
    "filter": "def none(*paths): raise OSError\nlandlock.restrict = none\n",
}


@pytest.fixture
def tmp_path(tmp_path):
    """Pytest's, emptied by ourselves: of folders thousands deep pytest cannot rid itself."""
    yield tmp_path
    remove(tmp_path)


def run(folder: Path, code: str, *, locks: str = "both", limits: Limits | None = None, **more: object):
    """Run code in a learner's process until its end: what it wrote to us, and the process's record."""
    source = f"{ENTER}{WITHOUT[locks]}reading, writing = inside.enter()\n{textwrap.dedent(code)}"
    with confine.start(["-c", source], folder, limits or Limits(), **more) as confined:
        said = confined.stdout.read()
        assert confined.ended
    return said, confined


# Each line is tried by itself; an error's name is the answer, else "done".
ATTEMPTS = {
    "read a submission": "open(secret).read()",
    "list the submissions": "os.listdir(os.path.dirname(secret))",
    "read through /proc": "open('/proc/self/root' + secret).read()",
    "read the parent's environment": "open(f'/proc/{parent}/environ').read()",
    "read the parent's memory": "open(f'/proc/{parent}/mem', 'rb').read(1)",
    "write a submission": "open(secret, 'w')",
    "cut a submission": "os.truncate(secret, 0)",
    "delete a submission": "os.unlink(secret)",
    "link a submission": "os.link(secret, 'mine')",
    "write into the course": "open(inside.__file__, 'a')",
    "add to the course": "open(os.path.dirname(inside.__file__) + '/planted.py', 'w')",
    "write to shared memory": "open('/dev/shm/planted', 'w')",
    "make a device": "os.mknod('device', 0o600 | stat.S_IFCHR, os.makedev(1, 1))",
    "follow a link of one's own": "os.symlink(secret, 'link') or open('link').read()",
    "fork": "os.fork()",
    "run a program": "subprocess.run([sys.executable, '-c', ''])",
    "become a program": "os.execv(sys.executable, [sys.executable, '-c', ''])",
    "use TCP": "socket.create_connection(server)",
    "use UDP": "socket.socket(type=socket.SOCK_DGRAM)",
    "use a local socket": "socket.socket(socket.AF_UNIX)",
    "signal the parent": "os.kill(parent, 0)",
    "signal everybody": "os.kill(-1, 0)",
    "signal through a file": "fcntl.fcntl(os.pipe()[0], fcntl.F_SETOWN, parent)",
    "limit the parent": "resource.prlimit(parent, resource.RLIMIT_CPU, (1, 1))",
    "slow the parent down": "os.setpriority(os.PRIO_PROCESS, parent, 19)",
    "trace the parent": "call(libc.ptrace, 16, parent, 0, 0)",
    "read the parent's memory by a call": "call(libc.process_vm_readv, parent, 0, 0, 0, 0, 0)",
    "outlive the parent": "call(libc.prctl, 1, 0, 0, 0, 0)",
    "be unreadable": "call(libc.prctl, 4, 0, 0, 0, 0)",
    "make a namespace": "call(libc.unshare, 0x10000000)",
    "call what is newer than this list": "call(libc.syscall, 463)",
    "claim the disk": "call(libc.fallocate, os.open('claimed', os.O_CREAT | os.O_RDWR), 1, 0, 4096)",
    "keep memory in no account": "os.memfd_create('hidden')",
    "keep memory after the end": "call(libc.shmget, 0, 4096, 0o1600)",
    "take memory beyond the limit": "bytearray(64 * 2**30)",
    "open a thousand files": "[open(os.devnull) for _ in range(1000)]",
    "raise the limit": "resource.setrlimit(resource.RLIMIT_DATA, (2**40, 2**40))",
    "be root": "os.setuid(12345)",
    "write in its own folder": "open('mine', 'w').write('1') and os.mkdir('sub')",
    "read the course": "open(inside.__file__).read()",
    "read the data": "open(data).read()",
    "throw away": "open(os.devnull, 'w').write('1')",
    "ask for randomness": "open('/dev/urandom', 'rb').read(1)",
    "start a thread": "threading.Thread(target=print).start()",
    "signal oneself": "os.kill(os.getpid(), 0)",
    "use a pair of sockets": "socket.socketpair()",
}
ALLOWED = {"write in its own folder", "read the course", "read the data", "throw away", "ask for randomness",
           "start a thread", "signal oneself", "use a pair of sockets"}  # fmt: skip
REFUSALS = {"take memory beyond the limit": "MemoryError", "raise the limit": "ValueError"}
# What only one of the two keeps out, and what neither has to: a limit, or a capability that was given up.
BY_LANDLOCK = {name for name in ATTEMPTS if "submission" in name or "course" in name and name not in ALLOWED} | {
    "read through /proc", "write to shared memory", "make a device", "follow a link of one's own"} - {
    "cut a submission"}  # fmt: skip
BY_FILTER = {"fork", "run a program", "become a program", "use UDP", "use a local socket", "signal through a file",
             "limit the parent", "slow the parent down", "outlive the parent", "be unreadable", "make a namespace",
             "claim the disk", "call what is newer than this list", "keep memory in no account",
             "keep memory after the end"}  # fmt: skip
TRY = """
import ctypes, fcntl, json, os, resource, socket, stat, subprocess, sys, threading
parent, secret, data, server, attempts = os.getppid(), {secret!r}, {data!r}, {server!r}, {attempts!r}
libc = ctypes.CDLL(None, use_errno=True)
def call(function, *arguments):
    if function(*map(ctypes.c_long, arguments)) < 0:
        raise OSError(ctypes.get_errno(), "refused")
answers = {{}}
for name, source in attempts.items():
    try:
        eval(source)
        answers[name] = "done"
        if name == "fork" and os.getppid() != parent:
            os._exit(0)
    except Exception as error:
        answers[name] = type(error).__name__
writing.write(json.dumps(answers).encode())
writing.flush()
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """For each set of locks: what became of each attempt."""
    import socket

    from cnnlab.data import locate

    given = {}
    with socket.create_server(("127.0.0.1", 0)) as server:
        for locks in WITHOUT:
            folder = tmp_path_factory.mktemp(locks)
            secret = folder / "ada.ipynb"
            secret.write_text("an answer", encoding="utf-8")
            told = {"secret": str(secret), "data": str(locate.shipped("SOURCES.md")), "server": server.getsockname()}
            # Without its lock an attempt would succeed: only those are tried that do no harm.
            tried = [name for name in ATTEMPTS if locks.startswith("both") or name in (ALLOWED | ONLY[locks])]
            code = TRY.format(**told, attempts={name: ATTEMPTS[name] for name in tried})
            said, confined = run(folder, code, locks=locks)
            assert secret.read_text(encoding="utf-8") == "an answer"
            given[locks] = json.loads(said or "{}"), confined.output
    return given


ONLY = {
    "landlock": BY_LANDLOCK | {"use TCP", "signal the parent", "read the parent's environment"},
    "filter": BY_FILTER,
}


@landlocked
@filtered
@pytest.mark.parametrize("locks", ["both", "both, of Linux 5.13"])
@pytest.mark.parametrize("name", ATTEMPTS)
def test_it_reaches_what_it_needs_and_no_more(answers, name, locks):
    done, _ = answers[locks]
    if name in ALLOWED:
        assert done[name] == "done"
    else:
        assert done[name] in (REFUSALS.get(name, "PermissionError"), "OSError")


@landlocked
@filtered
@pytest.mark.parametrize("locks", ["landlock", "filter"])
def test_each_lock_holds_alone(answers, locks):
    done, printed = answers[locks]
    assert {name: done[name] for name in ONLY[locks] if done[name] == "done"} == {}, printed
    assert {name: done[name] for name in ALLOWED if done[name] != "done"} == {}, printed


def test_its_environment_holds_no_secret(tmp_path, monkeypatch):
    monkeypatch.setenv("CANVAS_TOKEN", "a-secret")
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    said, _ = run(tmp_path, "import os\nwriting.write(repr(dict(os.environ)).encode()); writing.flush()")
    values = eval(said)
    assert "a-secret" not in said.decode()
    assert (values["OMP_NUM_THREADS"], values["CNNLAB_OFFLINE"]) == ("3", "1")
    homes = {Path(values[name]).parent for name in ("HOME", "TMPDIR", "MPLCONFIGDIR", "IPYTHONDIR", "KERAS_HOME")}
    assert homes == {tmp_path.resolve()}


def test_every_process_takes_the_package_that_judges(tmp_path, monkeypatch):
    (tmp_path / "cnnlab").mkdir()
    (tmp_path / "cnnlab" / "__init__.py").write_text("raise ImportError('this is another version')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    code = "import os, cnnlab\nwriting.write(os.path.dirname(cnnlab.__file__).encode()); writing.flush()"
    assert run(tmp_path, code)[0].decode() == str(inside.PACKAGE)
    for values in (environment(), confine.environment(tmp_path)):
        assert values["PYTHONPATH"].split(os.pathsep) == [str(inside.PACKAGE.parent), str(tmp_path)]


def test_a_trial_that_does_not_start_says_why_in_a_line(monkeypatch):
    start = confine.start
    words = ["-c", "import sys; sys.exit('Traceback\\nno such package')"]
    monkeypatch.setattr(confine, "start", lambda arguments, *others, **more: start(words, *others, **more))
    with pytest.raises(
        CourseError, match=r"^What an answer .* tried: its process ended with code 1\. no such package$"
    ):
        kept_out.__wrapped__()


def test_the_backend_is_the_one_that_keras_is_set_to(tmp_path, monkeypatch):
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert "KERAS_BACKEND" not in confine.environment(tmp_path)
    for content, backend in (('{"backend": "torch"}', "torch"), ("[]", None), ("{", None), ('{"backend": 1}', None)):
        (tmp_path / "keras.json").write_text(content, encoding="utf-8")
        assert confine.environment(tmp_path).get("KERAS_BACKEND") == backend
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert confine.environment(tmp_path)["KERAS_BACKEND"] == "jax"


def test_what_is_printed_is_no_word_of_ours_and_is_cut(tmp_path):
    printing = """
    import os
    print("x" * 3_000_000)
    os.write(1, b"y" * 10)
    writing.write(b"ours")
    """
    said, confined = run(tmp_path, printing, limits=Limits(output=1_000))
    assert said == b"ours"
    assert confined.output == "x" * 1_000 or confined.output.startswith("y" * 10)


@posix
@pytest.mark.parametrize(
    ("code", "limits", "words"),
    [
        ("while True: pass", {"seconds": 0.5}, "no end after 0.5 s"),
        ("while True: print('x' * 100_000)", {"seconds": 0.5}, "no end after 0.5 s"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)", {"seconds": 0.5}, "no end after 0.5 s"),
        # Held in few pieces, below the kernel's limit for one process: the watcher sums them up.
        ("kept = []\nwhile True: kept.append(bytearray(MB))", {"memory": 100 * 2**20}, "more than 100 MiB of memory"),
        (
            "i = 0\nwhile True:\n    i += 1\n    open(f'f{i}', 'wb').write(bytes(MB))",
            {"files": 20 * MB},
            "20 MB written",
        ),
        ("i = 0\nwhile True:\n    i += 1\n    open(f'f{i}', 'wb').close()", {}, "more than 500 files"),
        ("import os\nwhile True:\n    os.mkdir('d')\n    os.chdir('d')", {}, "more than 500 files"),
        (
            "import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
            {},
            "more than 100 threads",
        ),
        ("import ctypes\nctypes.string_at(0)", {}, "its process was ended by SIGSEGV"),
        ("import os\nos._exit(7)", {}, "its process ended with code 7"),
        ("import os\nos.abort()", {}, "its process was ended by SIGABRT"),
    ],
)
def test_it_is_ended_at_each_limit_and_the_words_say_which(tmp_path, monkeypatch, code, limits, words):
    monkeypatch.setattr(watch, "MAX_ENTRIES", 500)
    monkeypatch.setattr(watch, "MAX_THREADS", 100)
    monkeypatch.setattr(watch, "_DISK_EVERY", 1)
    _, confined = run(tmp_path, f"MB = {MB}\n{code}", limits=Limits(**limits))
    assert words in confined.ended
    assert confined.stopped == ("" if words.startswith("its process") else confined.ended)
    assert not psutil.pid_exists(confined.process.pid)
    assert list(tmp_path.iterdir()) == []


def test_a_large_file_without_content_is_neither_large_nor_long(tmp_path):
    _, confined = run(tmp_path, f"open('sparse', 'wb').truncate({100 * MB})", limits=Limits(files=100 * MB))
    assert confined.ended == "its process ended with code 0"
    beyond = f"try:\n    open('sparse', 'wb').truncate({101 * MB})\nexcept OSError:\n    writing.write(b'refused')"
    assert run(tmp_path, beyond, limits=Limits(files=100 * MB))[0] == (b"refused" if sys.platform != "win32" else b"")


@linux
def test_a_file_that_no_folder_names_counts_too(tmp_path):
    hidden = """
    import tempfile
    file = tempfile.TemporaryFile()
    while True:
        file.write(bytes(100_000)); file.flush()
    """
    _, confined = run(tmp_path, hidden, limits=Limits(files=10 * MB))
    # The kernel ends the file at the limit with an error, unless the watcher came first.
    assert "written to disk" in confined.ended or "File too large" in confined.output


@posix
def test_processes_are_ended_with_it_where_it_can_start_some(tmp_path):
    daemon = """
    import os, sys, time
    read, write = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork():
            os._exit(0)
        os.write(write, str(os.getpid()).encode())
        time.sleep(600)
    writing.write(os.read(read, 20)); writing.flush()
    os._exit(0)
    """
    source = f"{ENTER}{WITHOUT['landlock']}reading, writing = inside.enter()\n{textwrap.dedent(daemon)}"
    with confine.start(["-c", source], tmp_path, Limits()) as confined:
        pid = int(confined.stdout.read1())
        assert psutil.pid_exists(pid)
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


@posix
def test_a_process_that_keeps_starting_others_is_ended_with_all_of_them(tmp_path):
    bomb = "import os\nfor _ in range(200):\n    if os.fork() == 0:\n        while True: pass\nwhile True: pass"
    values = {"mark": ""}

    def marked() -> list[int]:
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get(MARK) == values["mark"]:
                    found.append(process.pid)
            except (psutil.Error, OSError):
                continue
        return found

    source = f"{ENTER}{WITHOUT['landlock']}reading, writing = inside.enter()\n{bomb}"
    with confine.start(["-c", source], tmp_path, Limits(processes=20, seconds=30)) as confined:
        values["mark"] = confined._mark  # every process of its family has it, also those without parents
        confined.stdout.read()
        assert confined.ended == "more than 20 processes at a time"
    assert marked() == []


@linux
def test_it_does_not_outlive_the_process_that_started_it(tmp_path):
    parent = f"""
    from cnnlab.course.grading.confined import confine
    code = "from cnnlab.course.grading.confined import inside; import time; pipes = inside.enter(); "
    code += "pipes[1].write(b'x'); pipes[1].flush(); time.sleep(600)"
    confined = confine.start(["-c", code], {str(tmp_path)!r}, confine.Limits())
    assert confined.stdout.read(1) == b"x"
    print(confined.process.pid, flush=True)
    import time; time.sleep(600)
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(parent)], stdout=subprocess.PIPE, text=True
    ) as process:
        child = psutil.Process(int(process.stdout.readline()))
        process.send_signal(signal.SIGKILL)
        assert psutil.wait_procs([child], timeout=10)[0]


def test_it_says_where_it_must_be_called():
    with pytest.raises(RuntimeError, match="only in a process that `start` has started"):
        inside.enter()


@linux
def test_where_memory_runs_out_it_goes_first(tmp_path):
    code = "writing.write(open('/proc/self/oom_score_adj', 'rb').read()); writing.flush()"
    assert run(tmp_path, code)[0] == b"1000\n"


@linux
def test_no_thread_keeps_its_rights(tmp_path):
    code = "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
    source = f"{code}from cnnlab.course.grading.confined import inside\ninside.enter()"
    with confine.start(["-c", source], tmp_path, Limits()) as confined:
        confined.stdout.read()
        confined.process.wait()
        confined._threads[1].join()
    assert "`enter` must be called before anything starts a thread" in confined.output


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"seconds": 0}, "`seconds` must be a finite number > 0. Received: 0"),
        ({"memory": 2**20}, "`memory` must be a whole number >= 67108864. Received: 1048576"),
        ({"processes": 0}, "`processes` must be a whole number >= 1. Received: 0"),
        ({"output": -1}, "`output` must be a whole number >= 0. Received: -1"),
        ({"files": 1.5}, "`files` must be a whole number >= 0. Received: 1.5"),
    ],
)
def test_limits_are_checked(value, words):
    with pytest.raises((TypeError, ValueError), match=re.escape(words)):
        Limits(**value)


@landlocked
@filtered
def test_what_is_kept_out_is_tried_and_said():
    kept_out.cache_clear()
    assert [kept.kind for kept in kept_out() if not kept.kept] == []
    assert in_a_sentence() == "On this machine an answer reaches no other file, no other process and no network."


@landlocked
@filtered
@pytest.mark.parametrize(
    ("locks", "open_ways"),
    [
        ("landlock", ["processes", "network"]),
        ("filter", ["reading", "writing"]),
        ("none", ["reading", "writing", "processes", "others", "network"]),
    ],
)
def test_what_is_not_kept_out_is_said_too(monkeypatch, locks, open_ways):
    without = WITHOUT["landlock"] + WITHOUT["filter"] if locks == "none" else WITHOUT[locks]
    start = confine.start

    def with_less(arguments, *more):
        code = f"{ENTER}{without}import runpy\nrunpy.run_module({arguments[1]!r}, run_name='__main__')"
        return start(["-c", code, *arguments[2:]], *more)

    monkeypatch.setattr(confine, "start", with_less)
    kept_out.cache_clear()
    try:
        found = [kept.kind for kept in kept_out() if not kept.kept]
        if locks == "filter" and os.geteuid():  # a user's parent has no more rights than we: its environment is open
            open_ways = [*open_ways, "others"]
        assert found == open_ways
        assert in_a_sentence().startswith("On this machine an answer can ")
    finally:
        kept_out.cache_clear()


def test_a_changed_file_of_the_course_is_seen(tmp_path, monkeypatch):
    monkeypatch.setattr(confine, "PACKAGE", tmp_path)
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "lesson01.py").write_text("right = 1", encoding="utf-8")
    before = confine.fingerprint()
    (tmp_path / "lesson.pyc").write_bytes(b"Python's own")
    assert confine.fingerprint() == before
    (tmp_path / "checks" / "lesson01.py").write_text("right = 2", encoding="utf-8")
    assert confine.fingerprint() != before


@posix
def test_a_strangers_folder_goes_whatever_is_in_it(tmp_path):
    outside, folder = tmp_path / "outside", tmp_path / "scratch"
    outside.mkdir()
    (outside / "kept").write_text("kept", encoding="utf-8")
    outside.chmod(0o755)
    folder.mkdir()
    (folder / "link").symlink_to(outside)
    (folder / "closed").mkdir()
    (folder / "closed" / "file").write_text("x", encoding="utf-8")
    (folder / "closed" / "file").chmod(0)
    (folder / "closed").chmod(0)
    here = os.getcwd()
    os.chdir(folder)
    try:
        for _ in range(1_200):  # shutil.rmtree ends with a RecursionError at a thousand
            os.mkdir("d")
            os.chdir("d")
    finally:
        os.chdir(here)
    remove(folder)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["outside"]
    assert (outside / "kept").read_text(encoding="utf-8") == "kept"
    assert outside.stat().st_mode & 0o777 == 0o755


def test_removing_what_is_no_folder_does_nothing(tmp_path):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    remove(tmp_path / "file")
    remove(tmp_path / "nothing")
    assert (tmp_path / "file").exists()


def run_filter(column: int, number: int | None, *arguments: int, pid: int = 77, architecture: int | None = None) -> int:
    """The kernel's answer to a call, by a machine for its filter language in a few lines: 0 or the error's number."""
    arch = seccomp._ARCHITECTURES[("x86_64", "aarch64")[column]][1]
    data = {0: number, 4: arch if architecture is None else architecture}
    data |= {16 + 8 * i: argument & 0xFFFFFFFF for i, argument in enumerate([*arguments, 0, 0, 0][:3])}
    program, at, held = seccomp._program(column, arch, pid), 0, 0
    while True:
        code, yes, no, constant = program[at]
        at += 1
        if code == seccomp._LOAD:
            held = data[constant]
        elif code == seccomp._RETURN:
            return 0 if constant == seccomp._ALLOW else constant & 0xFFFF or -1  # -1: says yes and does nothing
        else:
            true = {
                seccomp._EQUAL: held == constant,
                seccomp._AT_LEAST: held >= constant,
                seccomp._BITS: held & constant,
            }
            at += yes if true[code] else no


@pytest.mark.parametrize("column", [0, 1], ids=["x86_64", "aarch64"])
def test_the_filter_decides_as_it_says(column):
    for numbers in seccomp._REFUSED.values():
        assert numbers[column] is None or run_filter(column, numbers[column]) == 1
    for numbers in seccomp._PRETENDED.values():
        assert numbers[column] is None or run_filter(column, numbers[column]) == -1
    clone, kill, limit, prctl = (
        seccomp._CLONE[column],
        seccomp._OWN["kill"][column],
        seccomp._ZERO["prlimit64"][0][column],
        seccomp._EXCEPT["prctl"][0][column],
    )
    assert run_filter(column, clone, 0x3D0F00) == 0  # the C library's flags for a thread
    assert run_filter(column, clone, 0x1200011) == 1  # and for fork
    assert run_filter(column, seccomp._CLONE3[column]) == 38
    assert [run_filter(column, kill, pid) for pid in (77, 0, 1, -1, 78)] == [0, 1, 1, 1, 1]
    assert [run_filter(column, limit, pid) for pid in (0, 78)] == [0, 1]
    assert [run_filter(column, prctl, what) for what in (1, 4, 15, 38)] == [1, 1, 0, 0]
    assert [run_filter(column, number) for number in (462, 463, 0x40000000)] == [0, 38, 38]
    assert [run_filter(column, seccomp._ZERO["fallocate"][0][column], 5, mode) for mode in (0, 1, 3)] == [0, 1, 1]
    assert run_filter(column, 0, architecture=0x40000003) == 1  # a program of 32 bits
    assert run_filter(column, (0, 63)[column]) == 0  # read


@pytest.mark.parametrize(
    ("column", "header"),
    [(0, "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"), (1, "/usr/include/asm-generic/unistd.h")],
)
def test_the_numbers_are_the_kernels(column, header):
    if not Path(header).exists():
        pytest.skip(f"{header} is not installed")
    text = Path(header).read_text(encoding="utf-8")
    known = {name: int(number) for name, number in re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", text)}
    ours = seccomp._REFUSED | seccomp._PRETENDED | seccomp._OWN
    ours |= {name: row[0] for table in (seccomp._ZERO, seccomp._EXCEPT) for name, row in table.items()}
    ours |= {"clone": seccomp._CLONE, "clone3": seccomp._CLONE3, "seccomp": seccomp._SECCOMP}
    newer = {name for name, numbers in ours.items() if (numbers[column] or 0) > max(known.values())}
    assert {name: numbers[column] for name, numbers in ours.items() if name not in newer} == {
        name: known.get(name) for name in ours if name not in newer
    }


@slow
def test_keras_learns_within_the_limits(tmp_path):
    code = """
    import keras, numpy as np
    model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(4, 3), keras.layers.Flatten(),
                              keras.layers.Dense(2)])
    model.compile("adam", "mse")
    model.fit(np.zeros((16, 8, 8, 1)), np.zeros((16, 2)), verbose=0)
    model.save("model.keras")
    keras.models.load_model("model.keras")
    writing.write(b"learned"); writing.flush()
    """
    said, confined = run(tmp_path, code)
    assert said == b"learned", confined.output


@pytest.mark.parametrize(("size", "words"), [(64 * 2**20, "64 MiB"), (3 * 2**29, "1.5 GiB"), (10**9, "1 GB")])
def test_sizes_read_well(size, words):
    assert watch._size(size) == words


def test_a_deadline_can_be_moved(tmp_path):
    code = f"{ENTER}reading, writing = inside.enter()\nwriting.write(reading.read(1)); writing.flush()"
    with confine.start(["-c", code], tmp_path, Limits(seconds=600)) as confined:
        confined.deadline = time.monotonic()
        assert confined.stdout.read() == b""
        assert confined.stopped == "no end after 600 s"
