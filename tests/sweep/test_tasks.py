"""Tasks: ids that say what is computed and nothing else; seeds; shards."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from hsmc.compression import compress
from hsmc.errors import InputError
from hsmc.floppy_search import floppy
from hsmc.options import CompressOptions, FloppyOptions
from hsmc.sweep import tasks as module
from hsmc.sweep.tasks import ALGORITHM, identify, plan, share
from tests.sweep.support import STUDY, tasks_of, write_study

pytestmark = pytest.mark.usefixtures("in_tmp")


def ids(text=STUDY, **changes):
    """Return the ids of a study's tasks."""
    for old, new in changes.values():
        assert old in text
        text = text.replace(old, new)
    return [task.id for task in tasks_of(write_study(text))]


def test_algorithm_version():
    """Numbers that moved, and defaults, mean new results: raise ``ALGORITHM``, then these.

    Packing fractions after 20 cycles, to 1e-6, and before jamming: a new compiler may change the
    last bits, which collisions and linear programs multiply.
    """
    small = {"cycles": 20, "seed": 1}
    crystal = compress(start="a6b19", replicate=(1, 1, 1), frames=0, **small)
    fluid = compress(start="fluid", composition=(6, 19), box="floppy", frames=0, **small)
    dense = compress(start="fluid", composition=(15, 45), packing=0.6, frames=0, **small)
    searched = floppy(runs=1, workers=1, jam=False, **small)
    found = [result.final.packing_fraction for result in (crystal, fluid, dense, searched)]
    assert found == pytest.approx(
        [0.1544943092, 0.3144829908, 0.5981428696, 0.3056120738], abs=1e-6
    )
    assert CompressOptions().model_dump(mode="json") == {
        "ratio": None, "start": "a6b19", "large": None, "composition": None, "replicate": None,
        "fit": None, "packing": None, "seed": 1, "box": "isotropic", "axes": "xyz",
        "moves": "newtonian", "box_moves": "heat-bath", "pressure": 1e6, "threads": 1,
        "protocol": "default", "cycles": 30_000, "ramp": "geometric", "ramp_start": 10.0,
        "ramp_fraction": 0.9, "ramp_power": 6.0, "frames": 100,
    }  # fmt: skip
    assert FloppyOptions().model_dump(mode="json") == {
        "ratio": None, "large": 6, "small": 19, "runs": 100, "first_run": 0, "start": "random",
        "protocol": "default", "moves": "newtonian", "cycles": 60_000, "ramp_start": 20.0,
        "pressure": 200.0, "jam": True, "seed": 1,
    }  # fmt: skip
    assert ALGORITHM == {"compress": 9, "floppy": 10}


def test_ids_do_not_depend_on_the_rest_of_the_study():
    """More values and more runs: what was there keeps its id; order and folder do not matter.

    Fails if the number of runs is in the id (tried).
    """
    before = ids()
    assert len(set(before)) == 24
    more = ids(ratio=("0.67]", "0.67, 0.69]"), runs=("runs = 3", "runs = 5"))
    assert len(set(more)) == 50
    assert set(before) < set(more)
    turned = ids(box=('["isotropic", "floppy"]', '["floppy", "isotropic"]'))
    assert set(turned) == set(before)
    Path("other").mkdir()
    assert [task.id for task in tasks_of(write_study(name="other/copy.toml"))] == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("cycles = 2000", "cycles = 2001"),
        ("seed = 5", "seed = 50"),
        ("0.61", "0.6100000001"),
        ("[options]", "[options]\npressure = 1e5"),
        ("[1, 1, 1]", "[1, 1, 2]"),
    ],
)
def test_ids_depend_on_the_physics(old, new):
    assert ids()[0] != ids(change=(old, new))[0]


def test_ids_depend_on_the_algorithm(monkeypatch):
    before = ids()
    monkeypatch.setitem(module.ALGORITHM, "compress", 99)
    assert not set(before) & set(ids())


def test_defaults_may_be_given():
    """Whether an option is left out or given with its default, the run is the same."""
    assert ids() == ids(change=("frames = 0", "frames = 0\npressure = 1e6\nramp = 'geometric'"))


def test_start_files_count_by_their_content():
    """Not by their place. Fails if the path is in the id (tried)."""
    text = STUDY.replace('"a6b19"', '"a.h5"')
    compress("a.h5", start="fluid", composition=(2, 6), cycles=10, frames=0)
    before = ids(text)
    Path("b").mkdir()
    shutil.copy("a.h5", "b/a.h5")
    moved = tasks_of(write_study(text, "b/study.toml"))
    assert [task.id for task in moved] == before
    assert moved[0].options["start"] == str(Path("b/a.h5").absolute())
    compress("b/c.h5", start="fluid", composition=(2, 6), cycles=11, frames=0)
    other = tasks_of(write_study(text.replace("a.h5", "c.h5"), "b/study.toml"))
    assert other[0].id != before[0]


def test_identify_is_the_id_of_a_call():
    """What a worker recomputes from the options alone."""
    for command in ("compress", "floppy"):
        text = f'command = "{command}"\nruns = 3\naxes = {{ ratio = [0.6, 0.7] }}'
        for task in tasks_of(write_study(text)):
            assert identify(task.command, task.options) == task.id


def test_seeds():
    """Run k of a compression has the root seed + k; a table of seeds is an axis."""
    runs = tasks_of(write_study())
    assert [task.options["seed"] for task in runs[:4]] == [5, 6, 7, 5]
    table = STUDY.replace("[axes]", "[axes]\nseed = [40, 70]").replace("runs = 3", "runs = 1")
    tabled = tasks_of(write_study(table))
    assert {task.options["seed"] for task in tabled} == {40, 70}
    both = {tuple(task.values.values())[1:] for task in tabled if task.options["seed"] == 40}
    assert len(tabled) == 2 * len(both)


def test_run_of_a_floppy_study_is_that_of_the_command():
    """Run 2 of a point is run 2 of hsmc floppy, bit for bit.

    Fails if the number of the run is not handed on (tried).
    """
    text = 'command = "floppy"\nruns = 3\noptions = { cycles = 200 }\naxes = { ratio = [0.7] }'
    task = tasks_of(write_study(text))[2]
    assert task.options["first_run"] == 2
    alone = floppy(None, None, 1, **task.options)
    frames = floppy(None, None, 1, ratio=0.7, runs=3, cycles=200).frames
    same = next(frame for frame in frames if frame.cycle == 2)
    assert alone.frames[0].cycle == 2
    assert np.array_equal(alone.final.positions, same.configuration.positions)


def test_equal_tasks_are_refused():
    with pytest.raises(InputError, match=r"two tasks are the same \(ratio 0\.61, box iso"):
        ids(change=("0.63,", "0.61,"))
    with pytest.raises(InputError, match=r"two tasks are the same .*change values, seeds or runs"):
        ids(change=("[axes]", "[axes]\nseed = [1, 2]"))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("0.67", "1.67", "ratio is 1.67, needs 0 < ratio"),
        ('"a6b19"', '"a6b20"', "there is no crystal 'a6b20'; did you mean"),
        ('"a6b19"', '"none.h5"', r"start file .*none\.h5 does not exist"),
        ('"floppy"]', '"flopy"]', "box is flopy, needs to be"),
    ],
)
def test_unusable_values(old, new, words):
    """Found before anything runs; the message names the study."""
    with pytest.raises(InputError, match=words) as caught:
        ids(change=(old, new))
    assert str(caught.value).startswith("study study.toml: ")


def test_shards_share_all_tasks():
    """Each task is in one of them, and they are of one length to within one."""
    tasks = tasks_of(write_study())
    shards = [share(tasks, f"{i}/5") for i in range(1, 6)]
    assert sorted(len(shard) for shard in shards) == [4, 5, 5, 5, 5]
    assert {task.id for shard in shards for task in shard} == {task.id for task in tasks}


@pytest.mark.parametrize("shard", ["0/3", "4/3", "1", "a/3", "1/0", "-1/3", "1/3/4", ""])
def test_unusable_shards(shard):
    with pytest.raises(InputError, match="needs to be i/n with i from 1 to n"):
        share([], shard)


def test_large_studies_are_planned():
    """Each value is checked, each task is another."""
    text = STUDY.replace("[0.61, 0.63, 0.65, 0.67]", "{ first = 0.6, last = 0.7, points = 500 }")
    tasks = plan(module.StudyFile(Path("a.toml").absolute(), _study(text)))
    assert len({task.id for task in tasks}) == 3000


def _study(text):
    import tomllib

    return module.Study.build(tomllib.loads(text))
