"""What is kept of a class, in SQL: pure functions over an engine, the same for SQLite and PostgreSQL.

A teacher proves the right with a secret and a student with a token; of both only a digest is kept. A question is kept
as the teacher's screen asks it, and its answer only when it is revealed: before that nothing here gives it away.
What a function has returned is on the disk.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, select

from ui.classroom.tables import ANSWERS, CLASSES, LONGEST_NAME, LONGEST_VALUE, QUESTIONS, STUDENTS, writing

MOST_STUDENTS, MOST_CLASSES, MOST_QUESTIONS = 500, 1_000, 60
LONGEST_BODY = 8_000  # characters
LIFE = 24 * 3600.0  # seconds after which a class is deleted
LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none that is taken for another
LENGTH = 6  # letters of a code

OWN = (ANSWERS.c.code == STUDENTS.c.code) & (ANSWERS.c.student == STUDENTS.c.student)  # a student's answers
Result = Callable[[list[str]], dict[str, Any]]  # what all phones show, from all answers


class ClassError(ValueError):
    """Raised with a sentence for whoever asked for what cannot be done."""


class UnknownError(ClassError):
    """Raised where there is no such class, or the right to it is missing."""


@dataclass(frozen=True, slots=True)
class Judged:
    """An answer beside the computed one: the sentence, points up to 100, and how far off it is (None: no race)."""

    told: str
    points: float
    off: float | None


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


# the teacher


def start(engine: Engine, *, has_names: bool = False) -> tuple[str, str]:
    """Return the code of a new class, for students, and its secret, for the teacher."""
    forget(engine)
    secret = secrets.token_urlsafe(24)
    with writing(engine) as connection:
        if connection.scalar(select(func.count()).select_from(CLASSES)) >= MOST_CLASSES:
            raise ClassError("This server holds as many classes as it can; try again later.")
        taken = set(connection.scalars(select(CLASSES.c.code)))
        code = next(code for code in iter(_new_code, "") if code not in taken)
        row = {"code": code, "secret": _digest(secret), "started": time.time(), "has_names": has_names}
        connection.execute(CLASSES.insert().values(**row, is_over=False, version=0, question=""))
    return code, secret


def _new_code() -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(LENGTH))


def taught(engine: Engine, secret: str) -> Row[Any]:
    """Return the class that a secret opens: code, has_names, is_over, question."""
    with engine.connect() as connection:
        return _taught(connection, secret)


def _taught(connection: Connection, secret: str) -> Row[Any]:
    return _one(connection, CLASSES.c.secret == _digest(secret), "This link opens no class: it was deleted, or ended.")


def _one(connection: Connection, condition: Any, sentence: str) -> Row[Any]:
    """Return a class that is not too old; who is writing keeps others from changing it until the end."""
    young = CLASSES.c.started > time.time() - LIFE
    query = select(CLASSES).where(condition, young)
    is_writing = connection.get_execution_options().get("is_writing")
    found = connection.execute(query.with_for_update() if is_writing else query).first()
    if found is None:
        raise UnknownError(sentence)
    return found


def ask(engine: Engine, secret: str, name: str, body: dict[str, Any]) -> None:
    """Put a question before all; one that was asked before comes back as it was."""
    text = json.dumps(body)
    if len(name) > 40 or len(text) > LONGEST_BODY:
        raise ClassError(f"A question must be at most {LONGEST_BODY} characters long, was {len(text)}.")
    with writing(engine) as connection:
        mine = _taught(connection, secret)
        asked = list(connection.scalars(select(QUESTIONS.c.name).where(QUESTIONS.c.code == mine.code)))
        if name not in asked:
            if len(asked) >= MOST_QUESTIONS:
                raise ClassError(f"A class has at most {MOST_QUESTIONS} questions.")
            row = {"code": mine.code, "name": name, "place": len(asked), "body": text}
            connection.execute(QUESTIONS.insert().values(**row))
        _change(connection, mine, question=name)


def _change(connection: Connection, row: Row[Any], **values: Any) -> None:
    change = CLASSES.update().where(CLASSES.c.code == row.code)
    connection.execute(change.values(version=row.version + 1, **values))


def reveal(engine: Engine, secret: str, name: str, result: Result, judge: Callable[[str], Judged]) -> None:
    """Close a question, judge every answer, and show everybody what `result` makes of them all; twice is once."""
    with writing(engine) as connection:
        mine = _taught(connection, secret)
        asked = _asked(connection, mine.code, name)
        if asked is None:
            raise ClassError("This question was not asked yet.")
        if asked.result is not None:
            return
        given = connection.execute(_given(mine.code, name)).all()
        told = {value: judge(value) for value in {each.value for each in given}}
        offs = sorted(off for each in given if (off := told[each.value].off) is not None)
        for each in given:
            one = told[each.value]
            place = None if one.off is None else 1 + sum(off < one.off for off in offs)
            change = ANSWERS.update().where(_is_answer(mine.code, name, each.student))
            connection.execute(change.values(points=one.points, place=place, told=one.told))
        counted = {**result([each.value for each in given]), "n": len(given)}
        change = QUESTIONS.update().where(_is_question(mine.code, name))
        connection.execute(change.values(result=json.dumps(counted)))
        _change(connection, mine)


def _is_question(code: str, name: str) -> Any:
    return (QUESTIONS.c.code == code) & (QUESTIONS.c.name == name)


def _asked(connection: Connection, code: str, name: str) -> Row[Any] | None:
    return connection.execute(select(QUESTIONS).where(_is_question(code, name))).first()


def _is_answer(code: str, name: str, student: str) -> Any:
    return (ANSWERS.c.code == code) & (ANSWERS.c.question == name) & (ANSWERS.c.student == student)


def _given(code: str, name: str) -> Any:
    return select(ANSWERS).where(ANSWERS.c.code == code, ANSWERS.c.question == name).order_by(ANSWERS.c.at)


def given(engine: Engine, secret: str, name: str) -> tuple[list[str], int, bool]:
    """Return all answers to a question in the order they came, how many students there are, and if it is revealed."""
    with engine.connect() as connection:
        mine = _taught(connection, secret)
        values = [each.value for each in connection.execute(_given(mine.code, name))]
        result = connection.scalar(select(QUESTIONS.c.result).where(_is_question(mine.code, name)))
        return values, _count(connection, mine.code), result is not None


def _count(connection: Connection, code: str) -> int:
    return connection.scalar(select(func.count()).select_from(STUDENTS).where(STUDENTS.c.code == code)) or 0


def end(engine: Engine, secret: str) -> None:
    """End a class: nobody answers any more, everybody sees the place reached."""
    with writing(engine) as connection:
        _change(connection, _taught(connection, secret), is_over=True)


def delete(engine: Engine, secret: str) -> None:
    """Delete a class with all that belongs to it."""
    with writing(engine) as connection:
        _delete(connection, [_taught(connection, secret).code])


def forget(engine: Engine) -> int:
    """Delete the classes that are older than a day, and return how many there were."""
    with writing(engine) as connection:
        old = list(connection.scalars(select(CLASSES.c.code).where(CLASSES.c.started <= time.time() - LIFE)))
        _delete(connection, old)
    return len(old)


def _delete(connection: Connection, codes: list[str]) -> None:
    for table in (ANSWERS, QUESTIONS, STUDENTS, CLASSES):
        connection.execute(table.delete().where(table.c.code.in_(codes)))


def board(engine: Engine, secret: str) -> list[tuple[int, str, float]]:
    """Return (number, name, points) of every student, the most points first."""
    with engine.connect() as connection:
        return _board(connection, _taught(connection, secret).code)


def _board(connection: Connection, code: str) -> list[tuple[int, str, float]]:
    points = func.coalesce(func.sum(ANSWERS.c.points), 0.0).label("points")
    who = (STUDENTS.c.number, STUDENTS.c.name)
    query = select(*who, points).select_from(STUDENTS.outerjoin(ANSWERS, OWN)).where(STUDENTS.c.code == code)
    rows = connection.execute(query.group_by(*who).order_by(points.desc(), STUDENTS.c.number))
    return [(row.number, row.name, float(row.points)) for row in rows]


def table(engine: Engine, secret: str) -> list[dict[str, Any]]:
    """Return one row for each answer: student, name, question, answer, points, place."""
    with engine.connect() as connection:
        mine = _taught(connection, secret)
        asked = (ANSWERS.c.code == QUESTIONS.c.code) & (ANSWERS.c.question == QUESTIONS.c.name)
        student, given = (STUDENTS.c.number, STUDENTS.c.name), (ANSWERS.c.question, ANSWERS.c.value)
        judged = (ANSWERS.c.points, ANSWERS.c.place)
        joined = ANSWERS.join(STUDENTS, OWN).join(QUESTIONS, asked)
        query = select(*student, *given, *judged).select_from(joined).where(ANSWERS.c.code == mine.code)
        rows = connection.execute(query.order_by(QUESTIONS.c.place, STUDENTS.c.number))
        heads = ("student", "name", "question", "answer", "points", "place")
        return [dict(zip(heads, row, strict=True)) for row in rows]


# students


def join(engine: Engine, code: str, name: str = "") -> tuple[str, int]:
    """Return the token and the number of a new student."""
    with writing(engine) as connection:
        mine = _one(connection, CLASSES.c.code == code, NO_CLASS)
        number = _count(connection, code) + 1
        if mine.is_over:
            raise ClassError("This class has ended.")
        if number > MOST_STUDENTS:
            raise ClassError(f"This class is full: {MOST_STUDENTS} are in it.")
        token = secrets.token_urlsafe(18)
        kept = "".join(letter for letter in " ".join(name.split()) if letter.isprintable())[:LONGEST_NAME]
        row = {"code": code, "student": _digest(token), "number": number, "name": kept if mine.has_names else ""}
        connection.execute(STUDENTS.insert().values(**row))
    return token, number


NO_CLASS = "There is no class with this code. Look at the code on the big screen once more."


def answer(engine: Engine, code: str, token: str, name: str, check: Callable[[dict[str, Any]], str]) -> str:
    """Keep a student's answer to the question that is open, and return what is kept: the first one, whatever is sent.

    `check` gives the answer to a question's body as it is kept, or raises ValueError with a kind sentence.
    """
    with writing(engine) as connection:
        mine = _one(connection, CLASSES.c.code == code, NO_CLASS)
        who = (STUDENTS.c.code == code, STUDENTS.c.student == _digest(token))
        if connection.scalar(select(STUDENTS.c.number).where(*who)) is None:
            raise UnknownError("This phone is not in the class; open the link again.")
        kept = connection.scalar(select(ANSWERS.c.value).where(_is_answer(code, name, _digest(token))))
        if kept is not None:
            return str(kept)
        asked = _asked(connection, code, name)
        if mine.is_over or mine.question != name or asked is None or asked.result is not None:
            raise ClassError("Too late for this one: the class has gone on.")
        value = check(json.loads(asked.body))[:LONGEST_VALUE]
        row = {"code": code, "question": name, "student": _digest(token), "value": value, "at": time.time()}
        connection.execute(ANSWERS.insert().values(**row))
    return value


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What all phones of a class show at a version: the question, the result once revealed, each one's own."""

    version: int
    shared: dict[str, Any]
    students: dict[str, dict[str, Any]]  # by the digest of the token

    def of(self, token: str) -> dict[str, Any]:
        """Return what one phone shows."""
        own = self.students.get(_digest(token))
        if own is None:
            raise UnknownError("This phone is not in the class; open the link again.")
        return {**self.shared, **own}


def version(engine: Engine, code: str) -> int:
    """Return a number that grows when what phones show has changed; -1 where there is no class."""
    young = CLASSES.c.started > time.time() - LIFE
    with engine.connect() as connection:
        found = connection.scalar(select(CLASSES.c.version).where(CLASSES.c.code == code, young))
        return -1 if found is None else int(found)


def has_names(engine: Engine, code: str) -> bool:
    """Return whether a class wants nicknames."""
    with engine.connect() as connection:
        return bool(_one(connection, CLASSES.c.code == code, NO_CLASS).has_names)


def snapshot(engine: Engine, code: str) -> Snapshot:
    """Return what all phones of a class show now."""
    with engine.connect() as connection:
        mine = _one(connection, CLASSES.c.code == code, NO_CLASS)
        asked = _asked(connection, code, mine.question)
        shared: dict[str, Any] = {"version": mine.version, "is_over": mine.is_over, "question": None, "result": None}
        if asked is not None:
            shared |= {"question": {"name": asked.name, **json.loads(asked.body)}}
            shared |= {"result": json.loads(asked.result) if asked.result else None}
        found = connection.execute(select(STUDENTS.c.student, STUDENTS.c.number).where(STUDENTS.c.code == code))
        numbers = {row.student: row.number for row in found}
        answers = {each.student: each for each in connection.execute(_given(code, mine.question))}
        totals = _board(connection, code) if mine.is_over else []
    own = {student: _own(answers.get(student), number) for student, number in numbers.items()}
    finals = {number: (1 + sum(other > points for *_, other in totals), points) for number, _, points in totals}
    for each in own.values():
        each |= {"of": len(numbers), "final": finals.get(each["number"])}
    return Snapshot(mine.version, shared, own)


def _own(row: Row[Any] | None, number: int) -> dict[str, Any]:
    if row is None:
        return {"number": number, "mine": None}
    return {"number": number, "mine": {"value": row.value, "told": row.told, "place": row.place, "points": row.points}}
