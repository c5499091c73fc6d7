"""`asl train`: which settings its options make, and how a training stands among the app's runs."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from asl.bundle import ModelBundle
from asl.data.library.dataset import list_datasets
from asl.evaluation.advice import Advice
from asl.processes import FILE
from asl.runs.control import cancel, find_run, list_runs, rename
from asl.runs.files import ADVICE, CANCEL
from asl.runs.run import history, log, status
from asl.training.config import DataSet, TrainConfig
from asl.training.progress import Progress, Task
from asl.workspace import workspace

#: Run as the interpreter starts: a training that is deaf while it works, in place of the real one.
HANGS = """
import sys, time
from asl.training import cross_validation

def train(*arguments):
    print("training", file=sys.__stdout__, flush=True)
    time.sleep(60)

cross_validation.train = train
"""


class TestTrain:
    @pytest.fixture
    def trained(self, monkeypatch, tiny_bundle) -> list[tuple]:
        """What training was asked for; it takes no time and gives the tiny model."""
        run = pytest.importorskip("asl.training.cross_validation")
        asked = []
        bundle = tiny_bundle(
            scores=(
                {
                    "data": "set", "split": "random", "candidates": "all", "pictures": 9,
                    "accuracy": 0.5, "low": 0.25, "high": 0.75,
                },
            )
        )  # fmt: skip

        def train(settings, out, resume, side_by_side, report, processes, tell_left_out):
            asked.append((settings, out, resume, side_by_side, processes))
            print("a library prints")
            for epoch in (1, 2):
                report(Progress(Task.PICTURE_NETWORK, epoch, 2, 0.0, {"epoch": epoch}, "00"))
            return bundle

        monkeypatch.setattr(run, "train", train)
        return asked

    def test_options_become_settings(self, asl, trained, picture, tmp_path):
        for name in ("my set/A/anna/1.png", "my set/B/ben/1.png", "more/A/cleo/1.png"):
            picture(name)
        status, out, err = asl(
            "train", "--data", tmp_path / "my set", "--data", tmp_path / "more", "--json",
            "--net", "hand_landmarks", "--init", "none", "--split", "new-person",
            "--people", "folders", "--epochs", 3, "--seed", 7, "--processes", 2,
            "--side-by-side", 3, "--resume",
        )  # fmt: skip
        assert status == 0
        assert json.loads(out)["name"] == "tiny"
        assert "a library prints" in err
        [(settings, folder, *others)] = trained
        assert [one.folder for one in settings.data] == [
            str(tmp_path / "my set"), str(tmp_path / "more"),
        ]  # fmt: skip
        assert {one.people for one in settings.data} == {"folders"}
        assert (settings.name, settings.network, settings.start) == (
            "my-set", "hand_landmarks", "none",
        )  # fmt: skip
        assert (settings.split, settings.seed) == ("new-person", 7)
        assert settings.picture.epochs == settings.landmarks.epochs == 3
        assert folder == workspace() / "models" / "my-set"
        assert others == [True, 3, 2]

    @pytest.mark.parametrize(
        ("names", "options", "split"),
        [
            pytest.param("A/1 A/2 B/1 B/2", (), "random", id="nobody known"),
            pytest.param("A/p1_1 A/p2_1 B/p1_1 B/p2_1", (), "random", id="nobody said who"),
            pytest.param(
                "A/p1_1 A/p2_1 B/p1_1 B/p2_1", ("--people", "names"),
                "leave-one-person-out", id="names",
            ),
            pytest.param(
                "anna/hello/1 anna/yes/1 ben/hello/1 ben/yes/1",
                ("--people", "folders"), "leave-one-person-out", id="folders",
            ),
            pytest.param("train/A/1 train/B/1 test/A/1 test/B/1", (), "own", id="own test part"),
        ],
    )  # fmt: skip
    def test_without_a_split_the_most_honest_one_is_chosen(
        self, asl, trained, picture, tmp_path, names, options, split
    ):
        for name in names.split():
            picture(f"mine/{name}.png")
        assert asl("train", "--data", tmp_path / "mine", *options)[0] == 0
        [(settings, *_)] = trained
        assert settings.split == split

    @pytest.mark.parametrize(
        ("names", "options", "message"),
        [
            pytest.param(
                "anna/hello/1 anna/yes/1 ben/hello/1 ben/yes/1", ("--split", "new-person"),
                "anna, ben seem to be people: if they are, add --people folders", id="people",
            ),
            pytest.param(
                "A/1 B/1", ("--split", "leave-one-person-out"),
                "needs to know who is in the examples of mine. Say it with --people", id="nobody",
            ),
            pytest.param(
                "A/1/1 B/1/1 C/1/1 A/2/1", (),
                "say it with --level sign/person (signs A, B, C; people 1, 2) or --level person",
                id="levels",
            ),
            pytest.param("A/1/1 B/2/1", ("--level", "sign/sign"), "'sign/sign'", id="wrong levels"),
        ],
    )  # fmt: skip
    def test_what_has_to_be_said_is_asked_for(
        self, asl, trained, picture, tmp_path, names, options, message
    ):
        for name in names.split():
            picture(f"mine/{name}.png")
        status, out, err = asl("train", "--data", tmp_path / "mine", *options)
        assert (status, out) == (2, "") and message in err
        assert not trained

    def test_levels_that_somebody_named_are_kept(self, asl, trained, picture, tmp_path):
        for name in ("A/1/1", "B/1/1", "A/2/1", "B/2/1"):
            picture(f"mine/{name}.png")
        options = ("--level", "person/sign", "--people", "folders")
        assert asl("train", "--data", tmp_path / "mine", *options)[0] == 0
        [(settings, *_)] = trained
        assert (settings.data[0].levels, settings.split) == ("person/sign", "leave-one-person-out")

    def test_a_zip_becomes_a_data_set_once(self, asl, trained, picture, tmp_path, intake_here):
        for name in ("anna/hello/1", "anna/yes/1", "ben/hello/1", "ben/yes/1"):
            picture(f"mine/{name}.png")
        packed = shutil.make_archive(str(tmp_path / "my signs"), "zip", tmp_path / "mine")
        for _ in range(2):
            assert asl("train", "--data", packed, "--people", "folders")[0] == 0
        (dataset,) = list_datasets()
        assert dataset.name == "my signs" and dataset.people_confirmed
        for settings, *_ in trained:
            assert settings.name == "my-signs" and settings.split == "leave-one-person-out"
            assert settings.data[0].folder == str(dataset.folder)
        assert asl("train", "--data", packed)[0] == 0
        assert trained[-1][0].split == "random" and len(list_datasets()) == 2

    def test_options_replace_those_of_a_file(self, asl, trained, tmp_path):
        config = tmp_path / "config.toml"
        config.write_text(
            'name = "mine"\nsplit = "random"\n[[data]]\nfolder = "x"\n[picture]\nepochs = 4\n'
        )
        status, out, _ = asl("train", "--config", config, "--seed", 5, "--out", tmp_path / "other")
        assert status == 0
        assert "25.0% to 75.0%" in out
        [(settings, folder, *_)] = trained
        assert (settings.name, settings.seed) == ("other", 5)
        assert (settings.split, settings.picture.epochs) == ("random", 4)
        assert folder == tmp_path / "other"

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            pytest.param((), "data: name a folder", id="no data"),
            pytest.param(("--data", "x", "--net", "perceptron"), "'perceptron'", id="network"),
            pytest.param(("--data", "x", "--split", "half"), "'half'", id="split"),
            pytest.param(("--data", "x", "--init", "magic"), "'magic'", id="start"),
            pytest.param(("--data", "x", "--epochs", "0"), "--epochs", id="epochs"),
            pytest.param(("--data", "x", "--out", "a model"), "name 'a model'", id="name"),
            pytest.param(("--config", "absent.toml"), "absent.toml", id="config"),
        ],
    )
    def test_a_wrong_choice_is_named(self, asl, trained, arguments, message):
        status, out, err = asl("train", *arguments)
        assert (status, out) == (2, "")
        assert message in err
        assert not trained


class TestTrainingAmongTheRuns:
    """What `asl train` does stands on the Runs page as it goes on."""

    @pytest.fixture
    def train(self, asl, asl_home, monkeypatch, make_run, picture, tmp_path):
        """``train(act, "--resume", …)``: train "mine"; `act(report)` takes the training's place."""
        for name in ("mine/A/1.png", "mine/B/1.png"):
            picture(name)
        run = pytest.importorskip("asl.training.cross_validation")
        done = make_run("Model")  # from which the result is taken

        def start(act, *options: object) -> tuple[int, str, str]:
            def pretend(settings, out, resume, side_by_side, report, processes, tell_left_out):
                act(report)
                if not out.is_dir():
                    shutil.copytree(done.bundle.folder, out)
                home = asl_home / "runs" / settings.name
                home.mkdir(exist_ok=True)
                shutil.copy(done.folder / "tested.parquet", home)
                return ModelBundle.read(out)

            monkeypatch.setattr(run, "train", pretend)
            return asl("train", "--data", tmp_path / "mine", *options)

        return start

    @staticmethod
    def learn(report, epochs: int = 2) -> None:
        report(Progress(Task.FINDING_HANDS, 1, 1, None, {}, of="mine"))
        for epoch in range(1, epochs + 1):
            report(Progress(Task.PICTURE_NETWORK, epoch, epochs, 0.0, {"epoch": epoch}, "00"))

    def test_it_is_seen_as_it_goes_on_and_when_it_is_done(self, train, asl_home, tmp_path):
        def act(report):
            self.learn(report)
            run = find_run("mine")
            now = status(run)
            assert (now.state, now.now["task"], now.now["done"]) == (
                "running",
                "picture network",
                2,
            )
            assert [row["epoch"] for row in history(run)] == [1, 2]
            rename(run, "My letters")

        began = time.time()
        code, out, _ = train(act, "--seed", 3, "--json")
        assert (code, json.loads(out)["folder"]) == (0, str(asl_home / "models" / "mine"))
        run = find_run("mine")
        assert (run.title, run.preset, run.dataset) == ("My letters", "Command line", "mine")
        assert run.config["seed"] == 3 and run.created >= began
        assert status(run).state == "done" and not (run.folder / FILE).exists()
        # The model is offered on every page already, under its own name.
        assert run.model == "mine" and run.bundle.folder == asl_home / "models" / "mine"
        assert Advice.from_json((run.folder / ADVICE).read_text()).new_person
        assert "picture network, part 00" in log(run)

    def test_resumed_it_goes_on_in_the_same_entry(self, train, tmp_path):
        def stop(report):
            self.learn(report)
            raise OSError("the cable was pulled")

        code, _, err = train(stop)
        assert code == 2 and "the cable was pulled" in err
        run = rename(find_run("mine"), "My letters")
        assert (status(run).state, status(run).reason) == ("crashed", "the cable was pulled")
        assert "Traceback" in log(run)
        code, *_ = train(lambda report: self.learn(report, 3), "--resume")
        again = find_run("mine")
        assert code == 0 and status(again).state == "done"
        assert (again.title, again.created) == (run.title, run.created)
        assert [row["epoch"] for row in history(again)] == [1, 2, 3]
        assert {one.id for one in list_runs()} == {"mine", "run-0"}

    def test_what_is_refused_leaves_the_entry_as_it_is(self, train, asl_home, tmp_path):
        assert train(self.learn)[0] == 0
        (asl_home / "runs" / "mine" / "run.json").write_text('{"config": {}}')
        for options, message in ((), "already; resume"), (("--resume",), "settings have changed"):
            code, out, err = train(self.learn, *options)
            assert (code, out) == (2, "") and message in err
        (asl_home / "runs" / "mine" / "run.json").unlink()

        def refuse(report):
            raise ValueError("resume: pictures have changed")

        assert train(refuse, "--resume")[0] == 2
        run = find_run("mine")
        assert status(run).state == "done" and len(history(run)) == 2

    def test_two_do_not_train_the_same(self, train):
        def again(report):
            with pytest.raises(ValueError, match="being trained already"):
                from asl.runs.cli_run import entered

                with entered(TrainConfig("mine", (DataSet("mine"),)), Path("elsewhere")):
                    raise AssertionError
            self.learn(report)

        assert train(again)[0] == 0

    def test_cancelled_on_the_page_it_stops_in_plain_words(self, train):
        def act(report):
            self.learn(report)
            (find_run("mine").folder / CANCEL).touch()
            self.learn(report)
            raise AssertionError("it went on")

        code, out, err = train(act, "--json")
        assert (code, out) == (1, "")
        assert "cancelled on the Runs page; --resume goes on with it" in err
        assert status(find_run("mine")).state == "cancelled"
        assert train(self.learn, "--resume")[0] == 0

    def test_one_that_does_not_listen_is_cancelled_too(self, picture, tmp_path, asl_home):
        (tmp_path / "sitecustomize.py").write_text(HANGS)
        for name in ("mine/A/1.png", "mine/B/1.png"):
            picture(name)
        process = subprocess.Popen(
            [sys.executable, "-m", "asl.cli", "train", "--data", tmp_path / "mine"],
            env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{Path(__file__).parents[2]}"},
            stdout=subprocess.PIPE,
        )
        try:
            assert process.stdout.readline() == b"training\n"
            start = time.monotonic()
            cancel(find_run("mine"))
            assert status(find_run("mine")).state == "cancelled"
            assert process.wait(2) == 1 and time.monotonic() - start < 2
        finally:
            process.kill()

    def test_of_several_processes_only_the_first_speaks(self, train, monkeypatch):
        monkeypatch.setenv("RANK", "1")
        code, out, _ = train(self.learn, "--json")
        assert (code, out) == (0, "")
        assert [run.id for run in list_runs()] == ["run-0"]
