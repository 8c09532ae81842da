"""Makes a SAM template deployable as ``sam package`` does: local code and definitions become S3 objects.

The template's file is not changed. Unlike ``sam build`` no dependency is installed: the workers of the local
AWS find them on their module path, so a function's archive holds the project's code alone and a cold start
unpacks kilobytes. Archives are reproducible, so unchanged code keeps its key and deploys as unchanged.
"""

import hashlib
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchbench.project.templates import load_template

NOT_DEPLOYED = {"__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache"}
# The property of each kind of resource that names a local file or folder.
LOCAL_PROPERTIES = {
    "AWS::Serverless::Function": "CodeUri",
    "AWS::Serverless::StateMachine": "DefinitionUri",
    "AWS::Lambda::Function": "Code",
    "AWS::StepFunctions::StateMachine": "DefinitionS3Location",
}
LONG_FORMS = {
    "AWS::Lambda::Function": ("S3Bucket", "S3Key"),
    "AWS::StepFunctions::StateMachine": ("Bucket", "Key"),
}


@dataclass(frozen=True)
class PackagedTemplate:
    """A template without local paths, and the objects it refers to by their keys."""

    template: dict[str, Any]
    objects: dict[str, bytes]


def deployed_files(folder: Path) -> Iterator[Path]:
    """Yield the files of a code folder that belong in its archive, in a fixed order."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not NOT_DEPLOYED.intersection(path.relative_to(folder).parts):
            yield path


def archive(folder: Path) -> bytes:
    """Return a folder as a zip archive that is the same for the same content."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in deployed_files(folder):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix())
            entry.external_attr = 0o644 << 16
            packed.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return content.getvalue()


def package_template(path: Path, bucket: str) -> PackagedTemplate:
    """Replace every local path of a template by a place in a bucket.

    Args:
        path: The template's file; the paths in it are relative to its folder.
        bucket: Where the objects will be put.
    """
    template = load_template(path)
    objects: dict[str, bytes] = {}
    default = template.get("Globals", {}).get("Function", {}).pop("CodeUri", None)
    for resource in template["Resources"].values():
        kind = resource["Type"]
        name = LOCAL_PROPERTIES.get(kind)
        properties = resource.setdefault("Properties", {})
        local = properties.get(name) if name else None
        if kind == "AWS::Serverless::Function" and "InlineCode" not in properties:
            local = local or default
        if name and isinstance(local, str) and not local.startswith("s3://"):
            source = path.parent / local
            content = archive(source) if source.is_dir() else source.read_bytes()
            key = hashlib.sha256(content).hexdigest()
            objects[key] = content
            properties[name] = _place(kind, bucket, key)
    return PackagedTemplate(template, objects)


def _place(kind: str, bucket: str, key: str) -> str | dict[str, str]:
    if kind in LONG_FORMS:
        return dict(zip(LONG_FORMS[kind], (bucket, key), strict=True))
    return f"s3://{bucket}/{key}"
