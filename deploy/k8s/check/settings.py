"""Asks the services' own programs whether they take the settings that their pods get. They know every key; no rule here has to."""

import subprocess
import tempfile
from pathlib import Path

from objects import at, containers, name, title


def _environment(container):
    return {v["name"]: v["value"] for v in container.get("env") or [] if v.get("value")}


def _settings(render, pods):
    """(file name, text) of the TOML that pods mount."""
    for volume in pods.spec.get("volumes") or []:
        sources = [volume, *at(volume, "projected", "sources", default=[])]
        for called in filter(None, (at(s, "configMap", "name") for s in sources)):
            for key, text in at(render.find("ConfigMap", called) or {}, "data", default={}).items():
                if key.endswith(".toml"):
                    yield key, text


def refused_settings(render, binaries):
    """What the programs say against the settings; of programs that are not there, nothing."""
    found = []
    for pods in (p for p in render.pods if p.spec is not None):
        program = binaries / name(pods.owner)
        if not program.is_file():
            continue
        for key, text in _settings(render, pods):
            with tempfile.TemporaryDirectory() as scratch:
                file = Path(scratch) / key
                file.write_text(text)
                environment = _environment(containers(pods.spec)[-1])
                command = [program.resolve(), "config", "--config", file]
                done = subprocess.run(command, env=environment, cwd=scratch, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                found.append(f"{title(pods.owner)}: refuses {key}: {(done.stderr or done.stdout).strip()}")
    return found
