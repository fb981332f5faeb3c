"""Asks the services' own programs whether they take the settings that their pods get. They know every key; no rule here has to."""

import subprocess
import tempfile
from pathlib import Path

from objects import name, title
from rules.config import environment, mounted_settings


def refused_settings(render, binaries):
    """What the programs say against the settings; of programs that are not there, nothing."""
    found = []
    for pods in (p for p in render.pods if p.spec is not None):
        program = binaries.resolve() / name(pods.owner)
        if not program.is_file():
            continue
        for key, text in mounted_settings(render, pods):
            with tempfile.TemporaryDirectory() as scratch:
                file = Path(scratch) / key
                file.write_text(text)
                command = [program, "config", "--config", file]
                done = subprocess.run(
                    command, env=environment(render, pods), cwd=scratch, capture_output=True, text=True, check=False
                )
            if done.returncode != 0:
                found.append(f"{title(pods.owner)}: refuses {key}: {(done.stderr or done.stdout).strip()}")
    return found
