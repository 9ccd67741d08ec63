"""``hsmc sample``: what it prints and writes, and wrong use in one line."""

import json
import re
from pathlib import Path

import pytest

from hsmc.analysis.statistics import with_error
from hsmc.results import read_result
from hsmc.sampling import sample
from tests.test_driver import SAMPLE, StopAfter, same
from tests.test_storage import names

SMALL = ("--start", "fluid", "--composition", "4", "8", "--equilibrate", "200", "--cycles", "400")
OPTIONS = {"start": "fluid", "composition": (4, 8), "equilibrate": 200, "cycles": 400}


def test_run(hsmc):
    """φ ± its error and the effective number of samples. Fails if an option is lost (tried)."""
    outcome = hsmc("sample", *SMALL, "--pressure", "4", "--every", "5", "--seed", "2")
    assert outcome.code == 0
    sentence, path = outcome.out.splitlines()
    assert path == "sample-fluid-P4-s2.h5"
    assert names(Path()) == [path]
    found = read_result(Path(path))
    same(found, sample(**OPTIONS, pressure=4, every=5, seed=2))
    mean, error = found.summary["mean_packing_fraction"], found.summary["standard_error"]
    assert sentence.startswith(f"φ = {with_error(mean, error)}  (βPσ_L³ = 4, ")
    assert f"{found.summary['effective_samples']:.0f} effective samples" in sentence
    assert re.search(r"smallest gap \S+, checked over all images\)$", sentence)
    assert re.search(r"^tune: cycle \d+/600", outcome.err, re.MULTILINE)
    assert re.search(r"^sample: cycle 600/600", outcome.err, re.MULTILINE)


def test_error_of_a_dilute_gas(hsmc):
    """Two digits of it, however small. Fails with five decimals (tried)."""
    words = ("--packing", "0.0006", "--pressure", "0.001", "-q")
    sentence = hsmc("sample", *SMALL, *words).out
    assert re.match(r"φ = 0\.0\d+ ± 0\.0000\d*[1-9]\d  \(", sentence)


def test_short_series_is_called_short(hsmc):
    """Fails if ``reliable`` is not looked at (tried)."""
    words = ("sample", *SMALL, "--every", "200", "-q")
    assert "; SHORT: fewer than 50 autocorrelation times" in hsmc(*words).out


def test_json_alone_is_on_stdout(hsmc):
    """Strict JSON: no NaN. Fails if the path is printed, too (tried)."""
    outcome = hsmc("sample", *SMALL, "--json")
    facts = json.loads(outcome.out, parse_constant=pytest.fail)
    assert facts["file"] == "sample-fluid-P10-s1.h5"
    assert 0.0 < facts["standard_error"] < 0.1
    assert facts["parameters"]["equilibrate"] == 200


def test_constant_volume(hsmc):
    """No pressure, no error of φ. Fails if a fixed box moves, or if either is told (tried)."""
    outcome = hsmc("sample", *SMALL, "--box", "fixed")
    sentence, path = outcome.out.splitlines()
    assert path == "sample-fluid-fixed-s1.h5"
    assert re.fullmatch(
        r"φ = 0\.30000  \(fixed box; local moves measure no pressure, --moves newtonian does; "
        r"smallest gap \S+, checked over all images\)",
        sentence,
    )
    assert "βPσ³" not in outcome.err
    found = read_result(Path(path))
    assert found.parameters["pressure"] is None
    assert "beta_pressure" not in found.series
    assert {"mean_packing_fraction", "standard_error", "reliable"}.isdisjoint(found.summary)
    assert found.summary["packing_fraction"] == pytest.approx(0.3, rel=1e-12)


def test_pressure_of_a_constant_volume(hsmc):
    """Mean ± s.e. of what chains measure. Fails if it is that of no sampled cycle (tried)."""
    outcome = hsmc("sample", *SMALL, "--box", "fixed", "--moves", "newtonian", "-q")
    found = read_result(Path("sample-fluid-fixed-s1.h5"))
    sampled = found.series["measured_pressure"][found.series["cycle"] > 200]
    error = found.summary["pressure_standard_error"]
    shown = with_error(sampled.mean(), error)
    assert outcome.out.startswith(f"βPσ_L³ = {shown}  (measured by event chains at ")
    assert found.summary["mean_pressure"] == pytest.approx(sampled.mean(), rel=1e-12)


@pytest.mark.parametrize("command", ["sample", "compress"])
def test_one_sphere_hits_nothing(hsmc, command):
    """So no pressure is measured, and none has an error of 0. Fails if it is kept (tried)."""
    alone = ("--start", "fluid", "--composition", "1", "0", "--ratio", "1", "--packing", "0.001")
    words = (*alone, "--box", "fixed", "--moves", "newtonian", "--cycles", "100", "--out", "a.h5")
    outcome = hsmc(command, *words)
    assert outcome.out.startswith(
        "φ = 0.00100  (fixed box; nothing was hit, so no pressure is measured; smallest gap "
    )
    assert "nan" not in outcome.err
    assert "mean_pressure" not in read_result(Path("a.h5")).summary


@pytest.mark.parametrize("command", ["sample", "compress"])
def test_a_fixed_box_takes_no_pressure(refused, command):
    """Fails if it is ignored (tried)."""
    message = (
        "pressure is 5, but box is fixed, so no pressure is imposed; leave it out, or choose "
        "another --box"
    )
    assert refused(command, "--box", "fixed", "--pressure", "5") == message


def test_resume_by_the_same_command(hsmc):
    outcome = hsmc("sample", *SMALL, "--out", "a.h5", "--max-hours", "1e-9")
    assert (outcome.code, outcome.out) == (75, "")
    assert hsmc("sample", *SMALL, "--out", "a.h5").err.startswith("resuming a.h5 at cycle ")
    same(read_result(Path("a.h5")), sample(**OPTIONS))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--pressure", "0"], "pressure is 0, needs to be greater than 0"),
        (["--cycles", "0"], "cycles is 0, needs to be greater than or equal to 1"),
        (["--equilibrate", "0"], "equilibrate is 0, needs to be greater than or equal to 1"),
        (["--every", "-1"], "every is -1, needs to be greater than or equal to 1"),
        (
            ["--cycles", "105"],
            "cycles is 105, needs to be twice, three times ... every, which is 10",
        ),
        (["--start", "a6b18"], "a6b18 is neither a crystal nor fluid nor a file; did you "
         "mean a6b19?"),
        (["--out", "/no/a.h5"], "folder /no of the output does not exist; create it or choose "
         "another one"),
    ],
)  # fmt: skip
def test_wrong_use(refused, words, message):
    """Fails if typer checks values, or if a lock file stays (tried)."""
    assert refused("sample", *words) == message


def test_compression_is_no_sampling(refused):
    sample("a.h5", StopAfter(9), **SAMPLE)
    assert refused("compress", "--out", "a.h5", "--seed", "5") == (
        "a.h5 is an unfinished hsmc sample, not compress; choose another --out"
    )
