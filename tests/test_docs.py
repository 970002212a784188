"""What README and docs show is run as it stands there."""

import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
import search_stubs

import deap_nn
from deap_nn import Run, evolve

ROOT = Path(__file__).parent.parent


def python_blocks(name):
    return re.findall(r"^```python\n(.*?)^```", (ROOT / name).read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.slow
def test_the_guide_runs_from_top_to_bottom(tmp_path):
    script = tmp_path / "guide.py"
    script.write_text("\n".join(guarded(block) for block in python_blocks("docs/guide.md")))
    result = subprocess.run(
        [sys.executable, script],
        cwd=tmp_path,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": "-1"},
        capture_output=True,
        text=True,
        timeout=200,
        start_new_session=True,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "search space mine" in result.stdout


def guarded(block):
    """A search may only begin where workers that load the script do not come."""
    lines = block.splitlines()
    return "\n".join(
        f'if __name__ == "__main__":\n    {line}' if line.startswith(("run = ", "population, ", "print(")) else line
        for line in lines
    )


def test_pandas_reads_a_run_as_the_docs_say(tmp_path):
    pytest.importorskip("pandas")
    evolve(
        search_stubs.SPACE,
        evaluate=search_stubs.fitness,
        run_dir=tmp_path / "RUN",
        population=4,
        generations=2,
        engine="serial",
    )
    (block,) = [block for block in python_blocks("docs/run_directory.md") if "pandas" in block]
    names = {}
    exec(block.replace('"RUN/', f'"{tmp_path}/RUN/'), names)
    run = Run(tmp_path / "RUN")
    assert list(names["logbook"]["gen"]) == [0, 1, 2]
    assert len(names["evaluations"]) == len(list(run.evaluations()))
    assert set(names["records"]["status"]) == {"ok"}
    assert names["settings"]["status"] == "finished"
    assert names["best"]["fitness"] == pytest.approx(run.best["fitness"])


def test_every_document_that_is_linked_exists():
    for page in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} -> {target}"


def test_every_script_that_the_readme_names_exists_and_every_script_is_named():
    named = set(re.findall(r"experiments/(\w+\.py)", (ROOT / "README.md").read_text()))
    named |= set(re.findall(r"experiments/(\w+\.py)", (ROOT / "docs" / "guide.md").read_text()))
    assert named == {path.name for path in (ROOT / "experiments").glob("*.py")}


def test_every_heading_that_is_linked_exists():
    for page in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")):
        for target, anchor in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", page.read_text()):
            headings = re.findall(r"^#+ (.*)$", (page.parent / target if target else page).read_text(), re.MULTILINE)
            anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert anchor in anchors, f"{page.name} -> {target}#{anchor}"


@pytest.mark.skipif(not (ROOT / "CITATION.cff").exists(), reason="not a checkout")
def test_the_version_stands_once_and_is_cited():
    assert f"version: {deap_nn.__version__}\n" in (ROOT / "CITATION.cff").read_text()
    assert version("deap_nn") == deap_nn.__version__
