"""Which images run: each with a tag that names a version, ours with that of the workspace."""

import re

from objects import WORKLOADS, at, containers, template, title

# The last part of the names of our images, as docker/ builds them.
OURS = ("user-service", "product-service", "order-service", "wallet-service", "gateway", "marketplace")

IMAGE = re.compile(r"^(?P<name>[\w.-]+(?::\d+(?=/))?(?:/[\w.-]+)*)(?::(?P<tag>[\w][\w.-]*))?(?P<digest>@sha256:[0-9a-f]{64})?$")


def images(render):
    """Every image of a render, with where it stands."""
    for workload in render.kind(*WORKLOADS):
        for container in containers(at(template(workload), "spec", default={})):
            yield f"{title(workload)}, container {container['name']}", container.get("image", "")
    for cluster in render.kind("RabbitmqCluster"):
        if image := at(cluster, "spec", "image"):
            yield title(cluster), image


def every_image_names_a_version(render, _):
    for where, image in images(render):
        parts = IMAGE.match(image)
        if parts is None:
            yield f"{where}: {image!r} is not the name of an image"
        elif parts["tag"] is None:
            yield f"{where}: image {image} has no tag: what runs would depend on the day"
        elif parts["tag"] == "latest":
            yield f"{where}: image {image} is :latest: what runs would depend on the day"


def our_images_have_the_version_of_the_workspace(render, context):
    for where, image in images(render):
        parts = IMAGE.match(image)
        if parts and parts["name"].rsplit("/", 1)[-1] in OURS and parts["tag"] not in (context.version, f"v{context.version}"):
            yield f"{where}: image {image} should have the workspace's version {context.version}"


RULES = [every_image_names_a_version, our_images_have_the_version_of_the_workspace]
