"""A class's store on both databases: who may do what, that nobody writes twice, what a killed server keeps."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text

from tests.e2e.conftest import free_port
from ui.classroom import asked, store, tables
from ui.classroom.store import Judged

ROOT = Path(__file__).parents[2]
BODY = {"title": "1. Two sides", "ask": {"kind": "number", "unit": "$", "least": 0.0, "most": 1000.0, "absurd": "No."}}


def programs() -> Path | None:
    """The folder of PostgreSQL's programs, the newest."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server of Debian's package in a folder of its own, and its URL."""
    bins = programs()
    if bins is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt install postgresql)")
    is_root = os.geteuid() == 0
    runuser = shutil.which("runuser", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if is_root and not runuser:
        pytest.skip("PostgreSQL does not run as root, and there is no runuser")
    as_other = [str(runuser), "-u", "postgres", "--"] if is_root else []
    made = subprocess.run(
        [*as_other, "mktemp", "-d", "-t", "shortfall-postgres-XXXXXX"], check=True, capture_output=True
    )
    folder, port = made.stdout.decode().strip(), free_port()
    subprocess.run(
        [*as_other, bins / "initdb", "-D", f"{folder}/data", "-U", "teacher", "-A", "trust", "--no-sync"],
        check=True, capture_output=True, cwd="/",
    )  # fmt: skip
    options = f"-p {port} -h 127.0.0.1 -k {folder} -c fsync=off"
    control = [*as_other, bins / "pg_ctl", "-D", f"{folder}/data", "-l", f"{folder}/log", "-w"]
    subprocess.run([*control, "-o", options, "start"], check=True, capture_output=True, cwd="/")
    yield f"postgresql+pg8000://teacher@127.0.0.1:{port}/postgres"
    subprocess.run([*control, "-m", "immediate", "stop"], check=True, capture_output=True, cwd="/")
    shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'classes.sqlite'}"
    return str(request.getfixturevalue("postgres"))


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    made = tables.prepared(create_engine(url))
    yield made
    with made.connect().execution_options(is_writing=True) as connection, connection.begin():
        for name in ("classes", "students", "questions", "answers"):
            connection.execute(text(f"DELETE FROM {name}"))
    made.dispose()


def check(given: Any) -> Any:
    return lambda body: asked.check(body, given)


def judge(right: float) -> Any:
    return lambda guess: Judged(f"told {guess}", 100.0 - abs(float(guess) - right), abs(float(guess) - right))


def result(values: list[str]) -> dict[str, Any]:
    return {"computed": "$61", "why": f"of {len(values)}"}


def test_a_whole_class(engine: Engine) -> None:
    code, secret = store.start(engine, has_names=True)
    phones = [store.join(engine, code, name) for name in ("  Ada   L. ", "", "x" * 50)]
    assert [number for _, number in phones] == [1, 2, 3]
    assert store.snapshot(engine, code).of(phones[0][0])["question"] is None
    store.ask(engine, secret, "pair", BODY)
    for (token, _), guess in zip(phones, ("$50", "61", "72"), strict=True):
        store.answer(engine, code, token, "pair", check(guess))
    assert store.given(engine, secret, "pair") == (["50", "61", "72"], 3, False)
    before = store.snapshot(engine, code).of(phones[0][0])
    assert before["question"] == {"name": "pair", **BODY}
    assert (before["result"], before["mine"]["told"]) == (None, None)
    store.reveal(engine, secret, "pair", result, judge(61.0))
    shown = [store.snapshot(engine, code).of(token) for token, _ in phones]
    assert shown[0]["result"] == {"computed": "$61", "why": "of 3", "n": 3}
    assert [each["mine"]["place"] for each in shown] == [2, 1, 2]  # 11 off, exact, 11 off
    assert shown[0]["mine"]["told"] == "told 50"
    assert store.board(engine, secret) == [(2, "", 100.0), (1, "Ada L.", 89.0), (3, "x" * 20, 89.0)]
    assert store.table(engine, secret)[0] == {
        "student": 1, "name": "Ada L.", "question": "pair", "answer": "50", "points": 89.0, "place": 2,
    }  # fmt: skip
    store.end(engine, secret)
    assert store.snapshot(engine, code).of(phones[1][0])["final"] == (1, 100.0)
    with pytest.raises(store.ClassError, match="ended"):
        store.join(engine, code)
    store.delete(engine, secret)
    assert store.version(engine, code) == -1
    for name in ("students", "questions", "answers"):
        with engine.connect() as connection:
            assert connection.scalar(text(f"SELECT count(*) FROM {name}")) == 0


def test_a_student_has_no_right_of_the_teacher(engine: Engine) -> None:
    code, secret = store.start(engine)
    token, _ = store.join(engine, code)
    store.ask(engine, secret, "pair", BODY)
    for right in (token, code, "", store._digest(secret)):
        for act in (
            lambda r: store.taught(engine, r),
            lambda r: store.ask(engine, r, "gap", BODY),
            lambda r: store.given(engine, r, "pair"),
            lambda r: store.reveal(engine, r, "pair", result, judge(1.0)),
            lambda r: store.board(engine, r),
            lambda r: store.table(engine, r),
            lambda r: store.end(engine, r),
            lambda r: store.delete(engine, r),
        ):
            with pytest.raises(store.UnknownError):
                act(right)
    assert store.snapshot(engine, code).of(token)["result"] is None


def test_a_phone_sees_no_other_phone(engine: Engine) -> None:
    code, secret = store.start(engine)
    mine, other = store.join(engine, code)[0], store.join(engine, code)[0]
    store.ask(engine, secret, "pair", BODY)
    store.answer(engine, code, other, "pair", check("737"))
    assert "737" not in json.dumps(store.snapshot(engine, code).of(mine))
    with pytest.raises(store.UnknownError):
        store.snapshot(engine, code).of("x" * 24)
    elsewhere, _ = store.start(engine)
    with pytest.raises(store.UnknownError):
        store.answer(engine, elsewhere, mine, "pair", check("1"))


def test_nobody_writes_twice_and_the_first_answer_is_what_is_kept(engine: Engine) -> None:
    code, secret = store.start(engine)
    token, _ = store.join(engine, code)
    store.ask(engine, secret, "pair", BODY)
    kept = []

    def send(guess: str) -> None:
        kept.append(store.answer(engine, code, token, "pair", check(guess)))

    threads = [threading.Thread(target=send, args=(str(guess),)) for guess in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(kept) == 8
    assert len(set(kept)) == 1
    assert store.given(engine, secret, "pair")[0] == kept[:1]


def test_many_join_at_once_and_each_has_its_own_number(engine: Engine) -> None:
    code, _ = store.start(engine)
    numbers: list[int] = []
    threads = [threading.Thread(target=lambda: numbers.append(store.join(engine, code)[1])) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(numbers) == list(range(1, 13))


def test_no_answer_before_the_question_after_the_reveal_or_to_another_step(engine: Engine) -> None:
    code, secret = store.start(engine)
    late, other = store.join(engine, code)[0], store.join(engine, code)[0]
    with pytest.raises(store.ClassError, match="gone on"):
        store.answer(engine, code, late, "pair", check("1"))
    store.ask(engine, secret, "pair", BODY)
    store.answer(engine, code, other, "pair", check("1"))
    store.ask(engine, secret, "gap", BODY)
    with pytest.raises(store.ClassError, match="gone on"):
        store.answer(engine, code, late, "pair", check("1"))
    store.ask(engine, secret, "pair", BODY)
    assert store.given(engine, secret, "pair") == (["1"], 2, False)  # it came back as it was
    store.reveal(engine, secret, "pair", result, judge(1.0))
    with pytest.raises(store.ClassError, match="gone on"):
        store.answer(engine, code, late, "pair", check("1"))
    store.reveal(engine, secret, "pair", result, judge(500.0))
    assert store.board(engine, secret)[0][2] == 100.0  # twice is once


def test_bounds(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    code, secret = store.start(engine)
    assert store.join(engine, code, "Ada")[1] == 1
    assert store.board(engine, secret)[0][1] == ""  # nicknames are off: none is kept
    with pytest.raises(store.ClassError, match="8000 characters"):
        store.ask(engine, secret, "pair", {"title": "x" * store.LONGEST_BODY})
    monkeypatch.setattr(store, "MOST_STUDENTS", 2)
    store.join(engine, code)
    with pytest.raises(store.ClassError, match="full"):
        store.join(engine, code)
    monkeypatch.setattr(store, "MOST_QUESTIONS", 1)
    store.ask(engine, secret, "pair", BODY)
    with pytest.raises(store.ClassError, match="at most 1 questions"):
        store.ask(engine, secret, "gap", BODY)
    monkeypatch.setattr(store, "MOST_CLASSES", 1)
    with pytest.raises(store.ClassError, match="as many classes"):
        store.start(engine)


def test_a_class_is_gone_after_a_day(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    code, secret = store.start(engine)
    token, _ = store.join(engine, code)
    now = store.time.time()
    monkeypatch.setattr(store.time, "time", lambda: now + store.LIFE + 1.0)
    assert store.version(engine, code) == -1
    with pytest.raises(store.UnknownError):
        store.taught(engine, secret)
    with pytest.raises(store.UnknownError):
        store.answer(engine, code, token, "pair", check("1"))
    assert store.forget(engine) == 1
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM students")) == 0


def test_secrets_are_kept_as_digests_only(engine: Engine) -> None:
    code, secret = store.start(engine)
    token, _ = store.join(engine, code)
    with engine.connect() as connection:
        rows = [*connection.execute(text("SELECT * FROM classes")), *connection.execute(text("SELECT * FROM students"))]
    assert secret not in str(rows)
    assert token not in str(rows)


WRITER = """
import sys
sys.path.insert(0, sys.argv[1])
from sqlalchemy import create_engine
from ui.classroom import store, tables
engine, code = tables.prepared(create_engine(sys.argv[2])), sys.argv[3]
while True:
    token, number = store.join(engine, code)
    print(number, store.answer(engine, code, token, "pair", lambda body: str(number)), flush=True)
"""


def test_a_killed_server_keeps_every_confirmed_answer(engine: Engine, url: str) -> None:
    code, secret = store.start(engine)
    store.ask(engine, secret, "pair", BODY)
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(ROOT), url, code], stdout=subprocess.PIPE, text=True)
    confirmed = [writer.stdout.readline().split()[1] for _ in range(20)]
    writer.send_signal(signal.SIGKILL)
    confirmed += [line.split()[1] for line in writer.stdout if line.endswith("\n")]
    writer.wait(10)
    assert set(confirmed) <= set(store.given(engine, secret, "pair")[0])
    token, _ = store.join(engine, code)  # and it goes on
    assert store.answer(engine, code, token, "pair", check("7")) == "7"
