"""S3 for a server through which all artifacts pass; MLflow finds it by the entry point beside this file.

MLflow's own class for S3 has the server hand out addresses of the store, signed for a while, and has clients
go there. Only the server is meant to reach the store here: they would wait for minutes, and fail.
"""

from typing import Any

from mlflow.entities import FileInfo
from mlflow.store.artifact.artifact_repo import ArtifactRepository
from mlflow.store.artifact.s3_artifact_repo import S3ArtifactRepository


class ProxiedS3(ArtifactRepository):
    """Hands on what the server does with artifacts, and offers clients no other way."""

    def __init__(self, artifact_uri: str, *args: Any, **settings: Any) -> None:
        super().__init__(artifact_uri, *args, **settings)
        self._store = S3ArtifactRepository(artifact_uri, *args, **settings)

    def log_artifact(self, local_file: str, artifact_path: str | None = None) -> None:
        """Store a file."""
        self._store.log_artifact(local_file, artifact_path)  # type: ignore[no-untyped-call]

    def log_artifacts(self, local_dir: str, artifact_path: str | None = None) -> None:
        """Store the files of a folder."""
        self._store.log_artifacts(local_dir, artifact_path)  # type: ignore[no-untyped-call]

    def list_artifacts(self, path: str | None = None) -> list[FileInfo]:
        """List a folder."""
        found: list[FileInfo] = self._store.list_artifacts(path)  # type: ignore[no-untyped-call]
        return found

    def _download_file(self, remote_file_path: str, local_path: str) -> None:
        self._store._download_file(remote_file_path, local_path)  # type: ignore[no-untyped-call]

    def delete_artifacts(self, artifact_path: str | None = None) -> None:
        """Delete a file or a folder."""
        self._store.delete_artifacts(artifact_path)  # type: ignore[no-untyped-call]
