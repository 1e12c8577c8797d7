"""Everything that is run on this code, by name: ``nox --list``. See CONTRIBUTING.md for how long each takes."""

from pathlib import Path

import nox

nox.needs_version = ">=2024.4.15"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["lint", "types", "fast"]

ROOT = Path(__file__).parent
RECORDINGS = ROOT.parent / "shared" / "conformance"
"""Recordings of Kueue that are too large for the repository; they lie beside a clone."""
EVERY = "thorough or not thorough"
"""Without this pytest leaves out what takes long."""
CORE = ("tests/inputs", "tests/policy", "tests/engine", "tests/results", "tests/conformance/test_sample.py")


def _install(session: nox.Session, extra: str) -> None:
    """This package in editable form with an extra; nothing where the active environment is used."""
    if session.virtualenv.venv_backend != "none":
        session.install("-c", "requirements.lock", "-e", f".[{extra}]")


@nox.session
def fmt(session: nox.Session) -> None:
    """Format, and mend what ruff can mend."""
    _install(session, "dev")
    session.run("ruff", "format", ".")
    session.run("ruff", "check", "--fix", ".")


@nox.session
def lint(session: nox.Session) -> None:
    """Style, format and import contracts, without changing anything."""
    _install(session, "dev")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("lint-imports")


@nox.session
def types(session: nox.Session) -> None:
    """Mypy, strict."""
    _install(session, "dev")
    session.run("mypy")


@nox.session
def fast(session: nox.Session) -> None:
    """The tests of the core; arguments go to pytest."""
    _install(session, "test")
    session.run("pytest", "-n", "auto", *(session.posargs or CORE))


@nox.session
def test(session: nox.Session) -> None:
    """All tests, with the newest versions of all dependencies."""
    if session.virtualenv.venv_backend != "none":
        session.install("-e", ".[test]")
    session.run("pytest", "-n", "auto", "-m", EVERY, *session.posargs)


@nox.session(venv_backend="none")
def lowest(session: nox.Session) -> None:
    """The fast tests, with the lowest versions of direct dependencies that pyproject.toml allows."""
    session.run(".ci/versions", "lowest", external=True)


@nox.session(venv_backend="none")
def wheel(session: nox.Session) -> None:
    """The wheel in bare environments of every Python that is here, without a checkout."""
    session.run(".ci/versions", "wheel", external=True)


@nox.session
def thorough(session: nox.Session) -> None:
    """What CI adds to the tests: recordings of Kueue, and random worlds through the invariants."""
    conformance(session)
    session.run("python", "-m", "benchmarks.invariants", "--worlds", "10000")


@nox.session
def conformance(session: nox.Session) -> None:
    """How often decisions agree with those recorded from Kueue; arguments are files instead of all."""
    _install(session, "test")
    files = session.posargs or sorted(
        map(str, [*RECORDINGS.glob("cases/*.jsonl"), *RECORDINGS.glob("runs/*.jsonl.gz")])
    )
    if not files:
        session.skip(f"no recordings of Kueue in {RECORDINGS}")
    session.run("python", "tests/conformance/check.py", *files)


@nox.session
def bench(session: nox.Session) -> None:
    """Speed, as ratios to a bare SimPy loop; arguments go to benchmarks/run.py."""
    _install(session, "test")
    session.run("python", "benchmarks/run.py", *session.posargs)


@nox.session
def mutate(session: nox.Session) -> None:
    """Would a wrong policy be noticed? Arguments go to benchmarks.mutation."""
    _install(session, "test")
    session.run("python", "-m", "benchmarks.mutation", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Every example of the documentation runs as shown, and the rulebook and the code name the same rules."""
    _install(session, "test")
    session.run("pytest", "-n", "auto", "-m", EVERY, "tests/docs", *session.posargs)


@nox.session
def site(session: nox.Session) -> None:
    """The documentation as a site, with the reference made from the code; warnings are errors."""
    _install(session, "docs")
    session.run("mkdocs", "build", "--strict", *session.posargs)
