"""Our own rules: what the schemas allow and we do not.

A rule is a function of a render and the `Context` that yields a sentence for everything that breaks it. One file a subject;
`ALL` is what `run` asks. Each is seen to fail in selftest.py.
"""

from rules import config, images, links, network, pods, scaling
from rules.context import Context

ALL = [*images.RULES, *pods.RULES, *scaling.RULES, *links.RULES, *config.RULES, *network.RULES]

__all__ = ["ALL", "Context"]
