"""``hsmc compress``: what it prints and writes, and every wrong use in one line."""

import json
import re
from pathlib import Path

import h5py
import numpy as np
import pytest

from hsmc.analysis.statistics import with_error
from hsmc.compression import compress
from hsmc.results import read_result
from tests.cli.conftest import folder
from tests.test_driver import COMPRESS, StopAfter, same
from tests.test_results import result, write_result
from tests.test_storage import HOLD, names, python, small_disk

SMALL = ("--start", "a6b19", "--replicate", "1", "1", "1", "--cycles", "300")


# What it prints and writes


def test_run(hsmc):
    """Choices and progress on stderr, result on stdout, the file as Python makes it.

    Fails if options are lost on the way, or if a lock file stays (tried).
    """
    words = ("compress", *SMALL, "--ratio", "0.6", "--box", "per-axis", "--seed", "7")
    outcome = hsmc(*words)
    assert outcome.code == 0
    name = "compress-a6b19-0.6-s7.h5"
    sentence, path = outcome.out.splitlines()
    assert path == name
    assert names(Path()) == [name]
    found = read_result(Path(name))
    assert sentence.startswith(f"φ = {found.summary['packing_fraction']:.4f}  (βPσ_L³ = 1e+06, 300")
    assert sentence.endswith(f"gap {found.summary['smallest_gap']:.2g}, checked over all images)")
    options = {"start": "a6b19", "replicate": (1, 1, 1), "cycles": 300, "ratio": 0.6}
    same(found, compress(**options, box="per-axis", seed=7))
    first, *lines = outcome.err.splitlines()
    assert first.startswith("start a6b19: 25 spheres, ratio 0.6, packing fraction 0.19")
    # A line on compiling comes first where nothing is compiled yet.
    began = next(line for line in lines if line.startswith("compress: "))
    assert re.match(
        r"compress: cycle 1/300  φ 0\.\d{4}  βPσ³ 10  free path [\d.]+  starting", began
    )
    assert re.match(
        r"compress: cycle 300/300 .* βPσ³ 1e\+06 .* M collisions/s  0:00 left", lines[-1]
    )
    assert found.provenance["command"] == " ".join(["hsmc", *words])


def test_the_pressure_told_is_the_last_one_imposed(hsmc):
    """A ramp may not come to its end. Fails if the one that was asked for is told (tried)."""
    words = ("compress", "--start", "fcc", "--ratio", "1", "--cycles", "1")
    assert "(βPσ_L³ = 10, 1 cycles" in hsmc(*words).out


def test_large_species_of_a_file(hsmc):
    Path("POSCAR").write_text(POSCAR)
    words = ("compress", "--start", "POSCAR", "--ratio", "0.5", "--large", "Cd", "--cycles", "5")
    outcome = hsmc(*words)
    assert outcome.err.startswith("large species: Cd (--large)\nstart POSCAR: 3 spheres, ratio 0.5")
    assert outcome.out.splitlines()[1] == "compress-POSCAR-0.5-s1.h5"


def test_a_fixed_box_has_no_pressure(hsmc):
    """Fails if the protocol's is told (tried)."""
    words = ("--start", "fcc", "--ratio", "1", "--cycles", "20", "--box", "fixed")
    outcome = hsmc("compress", "--protocol", "paper", *words, "-q")
    assert outcome.out.startswith("φ = 0.74048  (fixed box; local moves measure no pressure")


@pytest.mark.parametrize("cycles", [1, 2])
def test_a_single_value_is_no_measured_pressure(hsmc, cycles):
    """It has no error. Fails if it is taken, for files hold no infinities (tried)."""
    words = ("--start", "fluid", "--composition", "2", "4", "--box", "fixed", "-q")
    outcome = hsmc("compress", *words, "--cycles", cycles)
    assert outcome.out.startswith("φ = 0.30000  (fixed box; too short to measure the pressure; ")


def test_a_fixed_box_has_its_pressure_measured(hsmc):
    """Over the second half, by event chains. Fails if it is over the whole run (tried)."""
    words = ("--start", "fluid", "--composition", "4", "8", "--cycles", "400", "--box", "fixed")
    outcome = hsmc("compress", *words, "--out", "a.h5", "-q")
    found = read_result(Path("a.h5"))
    late = found.series["measured_pressure"][found.series["cycle"] > 200]
    assert found.summary["mean_pressure"] == pytest.approx(late.mean(), rel=1e-12)
    shown = with_error(late.mean(), found.summary["pressure_standard_error"])
    assert outcome.out.startswith(f"βPσ_L³ = {shown}  (measured by event chains at φ = 0.30000")


def test_json_alone_is_on_stdout(hsmc):
    """Fails if the path or progress is printed there, too (tried)."""
    outcome = hsmc("compress", *SMALL, "--json")
    facts = json.loads(outcome.out)
    assert facts["file"] == "compress-a6b19-s1.h5"
    assert facts["cycles"] == facts["parameters"]["cycles"] == 300
    assert facts["start"]["replicate"] == [1, 1, 1]
    assert facts["packing_fraction"] == read_result(Path(facts["file"])).final.packing_fraction
    assert "cycle 300/300" in outcome.err


def test_quiet(hsmc):
    """Fails if notes or progress are shown all the same (tried)."""
    assert hsmc("compress", *SMALL, "-q").err == ""


def test_config_file_and_command_line(hsmc):
    """The command line wins. Fails if the file does (tried)."""
    Path("a.toml").write_text('start = "fcc"\ncycles = 70\nramp-start = 2.5\nseed = 3\n')
    assert hsmc("compress", "--config", "a.toml", "--seed", "4", "-q").code == 0
    parameters = read_result(Path("compress-fcc-s4.h5")).parameters
    assert (parameters["cycles"], parameters["ramp_start"], parameters["seed"]) == (70, 2.5, 4)


def test_paper_protocol(hsmc):
    """The raw cell, one of it, Metropolis moves; the length may be cut for a test."""
    assert hsmc("compress", "--protocol", "paper", "--cycles", "20", "-q").code == 0
    found = read_result(Path("compress-a6b19-measured-s1.h5"))
    assert len(found.final) == 25
    assert found.parameters["box_moves"] == "metropolis"
    assert found.frames[0].configuration.packing_fraction == pytest.approx(0.1015, abs=1e-4)


def test_resume_by_the_same_command(hsmc):
    """Bit for bit the run that was not stopped. Fails if it starts anew (tried)."""
    hsmc("compress", *SMALL, "--out", "b.h5", "-q")
    outcome = hsmc("compress", *SMALL, "--out", "a.h5", "--max-hours", "1e-9")
    assert (outcome.code, outcome.out) == (75, "")
    last = outcome.err.splitlines()[-1]
    assert last == "stopped (time limit) after 1 cycles; the same command resumes a.h5"
    outcome = hsmc("compress", *SMALL, "--out", "a.h5")
    assert outcome.code == 0
    assert outcome.err.startswith("resuming a.h5 at cycle 1\n")
    same(read_result(Path("a.h5")), read_result(Path("b.h5")))


def test_bug_keeps_its_traceback(hsmc, monkeypatch):
    """Fails if everything is caught (tried)."""

    def broken(*_arguments, **_options):
        raise ZeroDivisionError

    monkeypatch.setattr("hsmc.compression.compress", broken)
    with pytest.raises(ZeroDivisionError):
        hsmc("compress", *SMALL)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--replicate", "100000", "100000", "100000"],
            "replicate 100000 100000 100000 makes 2.5e+16 spheres, needs to make 1e+08 at most",
        ),
        (
            ["--start", "fluid", "--composition", "999999999999", "0"],
            "a composition of 999999999999 large and 0 small ones makes 1e+12 spheres, needs to "
            "make 1e+08 at most",
        ),
    ],
)
def test_too_many_spheres(refused, words, message):
    """Fails if memory is asked for first (tried)."""
    assert refused("compress", *words) == message


def test_memory_that_runs_out_is_no_bug(refused, monkeypatch):
    """Fails if it keeps its traceback (tried)."""

    def greedy(*_arguments, **_options):
        raise MemoryError

    monkeypatch.setattr("hsmc.compression.compress", greedy)
    message = "out of memory (no more is given); take fewer spheres or frames"
    assert refused("compress", *SMALL) == message


def test_nothing_to_do_shows_help(hsmc):
    outcome = hsmc()
    assert (outcome.code, outcome.out) == (2, "")
    assert "compress" in outcome.err


def test_version(hsmc):
    outcome = hsmc("--version")
    assert outcome.code == 0
    assert re.fullmatch(r"hsmc \d+\.\d+\.\d+\n", outcome.out)


# Wrong use: one line, exit code 2, nothing written

LOOSE = "\n".join(
    ["2", 'Lattice="{}" Properties=species:S:1:pos:R:3:radius:R:1', "{}", "B 2 2 2 .5"]
)
POSCAR = "two\n1.0\n{}\nPb Cd\n1 2\nDirect\n0 0 0\n.5 .5 .5\n.5 0 0\n".format("9 0 0\n0 9 0\n0 0 9")
CELL = """_cell_length_a 5
_cell_length_b 5
_cell_length_c 5
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
"""
CIF = """data_a
{}loop_
_atom_site_label
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Pb 0 0 0
Cd .5 .5 .5
{}
"""
CUBE = "4 0 0 0 4 0 0 0 4"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--ratio", "0"], "ratio is 0, needs 0 < ratio ≤ 1 (small over large diameter)"),
        (["--ratio", "-0.5"], "ratio is -0.5, needs 0 < ratio ≤ 1 (small over large diameter)"),
        (["--ratio", "nan"], "ratio is nan, needs 0 < ratio ≤ 1 (small over large diameter)"),
        (
            ["--ratio", "1.25"],
            "ratio is 1.25, needs 0 < ratio ≤ 1 (small over large diameter); you may mean 0.8",
        ),
        (["--pressure", "0"], "pressure is 0, needs to be greater than 0"),
        (["--pressure", "-1e6"], "pressure is -1e6, needs to be greater than 0"),
        (["--cycles", "0"], "cycles is 0, needs to be greater than or equal to 1"),
        (["--cycles", "-300"], "cycles is -300, needs to be greater than or equal to 1"),
        (
            ["--threads", "9999"],
            "threads is 9999, needs to be from 1 to .*, the cores that this process may use "
            "(or NUMBA_NUM_THREADS, if set)",
        ),
        (["--protocol", "papper"], "protocol is papper, needs to be 'default' or 'paper'"),
        (
            ["--box", "foo"],
            "box is foo, needs to be 'isotropic', 'in-plane', 'per-axis', 'floppy' or 'fixed'",
        ),
        (
            ["--replicate", "2", "x", "2"],
            "replicate is 2 x 2, needs to be a valid integer, unable to parse string as an integer",
        ),
        (["--max-hours", "0"], "max-hours is 0, needs to be a number > 0"),
        (["--config", "no.toml"], "config no.toml does not exist; give a TOML file"),
        (
            ["--out", "no/a.h5"],
            "folder {}/no of the output does not exist; create it or choose another one",
        ),
        (["--out", "."], ". is a folder; the name of a file is needed"),
        (["--start", "no.cif"], "no.cif: there is no such file"),
        (["--start", "no.h5"], "no.h5: there is no such file"),
        (["--rato", "0.5"], "No such option: --rato .*--ratio.* (see hsmc compress --help)"),
        (["extra"], ".*extra.* (see hsmc compress --help)"),
    ],
)
def test_wrong_option(refused, words, message):
    """Fails if typer prints its own three lines, or if a lock file stays (tried)."""
    found = refused("compress", *words)
    pattern = re.escape(message.format(Path.cwd())).replace(r"\.\*", ".*")
    assert re.fullmatch(pattern, found), found


def test_unknown_command(refused):
    assert "compres" in refused("compres", "--ratio", "0.5")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("rato = 0.5", "unknown option rato; did you mean ratio?"),
        ("[compress]\nratio = 0.5", "unknown option compress; did you mean"),
        ("ratio = 1.25", "ratio is 1.25, needs 0 < ratio ≤ 1"),
        ("ratio = ", "config a.toml is not readable TOML: Invalid value"),
    ],
)
def test_wrong_config(refused, content, message):
    """Fails if unknown keys are let through (tried)."""
    Path("a.toml").write_text(content)
    assert refused("compress", "--config", "a.toml").startswith(message)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.cif", CIF.format("", ""), "has no unit cell: _cell_length_a is None, needs a number"),
        (
            "a.cif",
            CIF.format(CELL, "Se .25 .25 .25"),
            "holds 3 species (Cd, Pb, Se), needs 1 or 2",
        ),
        (
            "POSCAR",
            POSCAR.replace("9 0 0\n0 9 0", "0 9 0\n9 0 0"),
            "box is left-handed: volume -729, needs > 0; exchange two vectors",
        ),
        (
            "POSCAR",
            POSCAR.replace("0 9 0", "9 0 0"),
            "box is singular: volume 0 with edge product 729",
        ),
        (
            "a.xyz",
            LOOSE.format("0 4 0 4 0 0 0 0 4", "B 0 0 0 .5"),
            "box is left-handed: volume -64, needs > 0; exchange two vectors",
        ),
        (
            "a.xyz",
            LOOSE.format("4 0 0 8 0 0 0 0 4", "B 0 0 0 .5"),
            "box is singular: volume 0 with edge product 128",
        ),
        (
            "a.xyz",
            LOOSE.format(CUBE, "B 0 nan 0 .5"),
            "position of sphere 0 is [ 0. nan  0.], needs three finite numbers",
        ),
        ("a.xyz", LOOSE.format(CUBE, "B 0 0"), "is no readable extended XYZ"),
        ("a.h5", "text", "a.h5 is no readable HDF5 result file: "),
        ("a.pdb", "text", "extension '.pdb' is not known; needs one of .cif .vasp"),
    ],
)
def test_unusable_start(refused, name, content, message):
    """Each names the file. Tried: each check of its reader left out (tests/test_readers.py)."""
    Path(name).write_text(content)
    found = refused("compress", "--start", name, "--ratio", "0.5")
    assert found.startswith(name)
    assert message in found


def test_overlaps_in_a_start(refused):
    """Pair and distance are named. Fails if the start is not tested (tried)."""
    Path("a.xyz").write_text(LOOSE.format(CUBE, "B 2 2 1.25 .5"))
    assert refused("compress", "--start", "a.xyz", "--fit", "none") == (
        "spheres 0 and 1 overlap: 0.75 apart, contact at 1 (short by 0.25; lengths in σ_L); "
        "choose another --fit, or --fit relax"
    )


def damaged(change):
    write_result(Path("r.h5"), result(status="finished"))
    if change == "truncated":
        Path("r.h5").write_bytes(Path("r.h5").read_bytes()[:5000])
        return
    with h5py.File("r.h5", "r+") as file:
        if change == "newer":
            file["hsmc"].attrs["schema"] = 99
        if change == "nan":
            file["particles/spheres/position/value"][1, 4, 2] = np.nan
        if change == "left-handed":
            file["particles/spheres/box/edges/value"][:] *= -1.0
        if change == "singular":
            file["particles/spheres/box/edges/value"][:] = 1.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("truncated", r"r\.h5 is no readable HDF5 result file: .*truncated file: eof = 5000.*"),
        ("newer", r"r\.h5: has schema 99, hsmc .* knows up to 1; upgrade hsmc"),
        ("nan", r"r\.h5: position of sphere 4 is not finite: \[.* nan\]"),
        ("left-handed", r"r\.h5: box is left-handed: volume -.*, needs > 0; exchange two vectors"),
        ("singular", r"r\.h5: box is singular: volume 0 with edge product .*"),
        ("overlaps", r"spheres \d and \d overlap: 0\.\d+ apart, contact at .*; choose another.*"),
    ],
)
def test_unusable_result_as_a_start(refused, change, message):
    """Fails if the file is not named, or an error of h5py gets out (tried)."""
    damaged(change)
    found = refused("compress", "--start", "r.h5")
    assert re.fullmatch(message, found), found


def test_finished_output_exists(hsmc, refused):
    hsmc("compress", *SMALL, "--out", "a.h5", "-q")
    message = "a.h5 exists and is finished; choose another --out, or remove it first"
    assert refused("compress", *SMALL, "--out", "a.h5") == message


def test_finished_output_of_other_options(hsmc, refused):
    """Which meet in a default name. Fails if it is called finished and no more (tried)."""
    words = ("compress", "--start", "fcc", "--ratio", "1", "--cycles", "10", "-q")
    assert hsmc(*words, "--replicate", "1", "1", "2").code == 0
    assert refused(*words, "--replicate", "1", "1", "3") == (
        "compress-fcc-1-s1.h5 exists and is a run of other options (replicate is 1 1 2 there, "
        "1 1 3 here); choose another --out"
    )
    assert refused("sample", "--out", "compress-fcc-1-s1.h5") == (
        "compress-fcc-1-s1.h5 exists and is a finished hsmc compress; choose another --out"
    )


def test_unfinished_output_of_other_options(refused):
    compress("a.h5", StopAfter(9), **COMPRESS)
    words = ("--start", "a6b19", "--replicate", "1", "1", "1", "--frames", "7", "--cycles", "500")
    assert refused("compress", *words, "--out", "a.h5", "--box", "floppy") == (
        "a.h5 is an unfinished run of other options (box is isotropic there, floppy here, "
        "cycles is 400 there, 500 here); choose another --out"
    )


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="there is no /proc")
def test_output_folder_that_is_not_writable(refused):
    """Not even by root. Fails ("being written by another run") without the trial (tried)."""
    found = refused("compress", *SMALL, "--out", "/proc/a.h5", code=74)
    assert re.fullmatch(r"/proc/a\.h5 cannot be written \(.+\); choose another place", found)


def test_output_below_a_file(refused):
    Path("b").touch()
    assert refused("compress", *SMALL, "--out", "b/a.h5") == (
        f"folder {Path.cwd()}/b of the output is no folder; choose another one"
    )


def test_two_runs_on_one_output(hsmc, refused):
    """The second is refused; a killed one lets go. Fails without a lock (tried)."""
    with python(HOLD, "a.h5") as holder:
        assert holder.stdout.readline() == "held\n"
        message = "a.h5 is being written by another run; wait for it or choose another --out"
        assert refused("compress", *SMALL, "--out", "a.h5") == message
    assert hsmc("compress", *SMALL, "--out", "a.h5", "-q").code == 0
    assert names(Path()) == ["a.h5"]


def test_full_disk(refused):
    """Exit code 74, the old file as it was. Fails if it is 2 (tried)."""
    compress("a.h5", StopAfter(9), **COMPRESS)
    words = ("--start", "a6b19", "--replicate", "1", "1", "1", "--frames", "7", "--cycles", "400")
    with small_disk(Path("a.h5").stat().st_size - 1):
        found = refused("compress", *words, "--seed", "5", "--out", "a.h5", "-q", code=74)
    assert found == "cannot write a.h5: File too large; earlier files are intact"


def test_full_disk_at_the_first_write(refused):
    with small_disk(1000):
        found = refused("compress", *SMALL, "--out", "a.h5", "-q", code=74)
    assert found == "cannot write a.h5: File too large; earlier files are intact"
    assert folder() == {}


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("export", "--names <str> <str>"),
        ("sample", "(event chains). [default: local]"),
        ("compress", "(event chains). [default: newtonian]"),
        ("compress", "[default: 0.3 for fluids, else what fit gives]"),
        ("compare", "19 or more; 0: none."),
        ("jam", "Result file (HDF5) to write, a new one. [default: NAME-jammed.h5]"),
    ],
)
def test_help_tells_what_is_wanted(hsmc, command, words):
    """Fails with typer's own metavar, or with one default for all commands (tried).

    Also if jam, which does not resume, has the words of those that do (tried).
    """
    assert words in " ".join(hsmc(command, "--help").out.split())
