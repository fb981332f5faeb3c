"""A marketplace on a fresh directory: the process, its accounts, requests."""

import json
import os
import re
import subprocess
import tempfile
import urllib.request

PASSWORD = "correct horse battery"


class Server:
    """Use it as a context manager: at the end it stops, and exits 0, or the check has failed."""

    def __init__(self, binary):
        self.binary = binary

    def __enter__(self):
        self.directory = tempfile.TemporaryDirectory()
        settings = {name: value for name, value in os.environ.items() if not name.startswith("MARKETPLACE__")}
        # A cheap hash, so that the checks do not wait for it; and logins that outlast the longest run.
        settings |= {
            "MARKETPLACE__USERS__BCRYPT_COST": "4",
            "MARKETPLACE__AUTH__ACCESS_TOKEN_LIFETIME_SECONDS": "3600",
            "MARKETPLACE__LOG__FILTER": "error",
            "MARKETPLACE__SERVER__UNLIMITED_CLIENTS": "127.0.0.0/8",
        }
        self.settings = settings
        command = [self.binary, "serve", "--listen", "127.0.0.1:0", "--data-dir", self.directory.name]
        self.process = subprocess.Popen(command, env=settings, stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if found := re.search(r"http://[0-9.:]+", line):
                self.url = found[0]
                return self
        raise SystemExit(f"{self.binary} does not become ready")

    def __exit__(self, *_):
        self.process.terminate()
        code = self.process.wait(40)
        self.directory.cleanup()
        if code != 0:
            raise SystemExit(f"the server ended with {code}")

    def grant(self, email, role):
        command = [self.binary, "grant", email, role, "--data-dir", self.directory.name]
        subprocess.run(command, env=self.settings, check=True, stdout=subprocess.DEVNULL)

    def audit(self):
        command = [self.binary, "audit", "--data-dir", self.directory.name]
        subprocess.run(command, env=self.settings, check=True, stdout=subprocess.DEVNULL)

    def post(self, path, body):
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def document(self):
        with urllib.request.urlopen(self.url + "/api/openapi.json", timeout=30) as answer:
            return json.load(answer)

    def register(self, name, role=None):
        """Registers a user, and returns what they log in with."""
        email = f"{name}@example.com"
        self.post("/api/users/register", {"name": name, "email": email, "password": PASSWORD})
        if role:
            self.grant(email, role)
        return {"email": email, "password": PASSWORD}
