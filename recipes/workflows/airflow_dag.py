"""Airflow: a recipe over every archive of a folder, a mapped task for each.

RUSHES_RECIPE, RUSHES_ARCHIVES and RUSHES_OUT say what to run, on what, and whereto.
"""

import datetime
import os
import subprocess
from pathlib import Path

from airflow.exceptions import AirflowFailException
from airflow.sdk import dag, task

# Codes after which a second attempt may succeed: a service is away, a disk is full, another run
# uses the folder. After any other one the task fails at once.
PASSING = {69, 74, 75}


@dag(
    schedule=None,
    start_date=datetime.datetime(2026, 1, 1),
    catchup=False,
    default_args={"retries": 2, "retry_delay": datetime.timedelta(seconds=10)},
)
def rushes():
    @task
    def archives() -> list[str]:
        folder = Path(os.environ["RUSHES_ARCHIVES"])
        return sorted(str(path) for path in folder.iterdir() if path.is_dir())

    @task
    def run(archive: str) -> str:
        out = Path(os.environ["RUSHES_OUT"]) / Path(archive).name
        command = ["rushes", "run", os.environ["RUSHES_RECIPE"]]
        code = subprocess.run(command + ["--session", archive, "--output", str(out)]).returncode
        if code in PASSING:
            raise RuntimeError(f"rushes ended with {code}; another attempt may succeed")
        if code != 0:
            raise AirflowFailException(f"rushes ended with {code}")
        return str(out / "rushes-report.json")

    run.expand(archive=archives())


rushes()
