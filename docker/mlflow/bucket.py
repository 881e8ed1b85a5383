"""The place of artifacts in S3: its bucket is made where it is missing."""

import os
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import BotoCoreError, ClientError


def make_bucket(destination: str) -> None:
    """Create the bucket of an address in S3 where it is missing; other addresses need none.

    Args:
        destination: Where artifacts go: `s3://bucket/folder`, or a folder.

    Raises:
        SystemExit: The store cannot be reached, or refuses the key.
    """
    place = urlsplit(destination)
    if place.scheme != "s3":
        return
    endpoint = os.environ.get("MLFLOW_S3_ENDPOINT_URL") or None
    try:
        store = boto3.client("s3", endpoint_url=endpoint)
        if not _has(store, place.netloc):
            _create(store, place.netloc)
    except (BotoCoreError, ClientError, ValueError) as error:
        raise SystemExit(
            f"start: artifacts cannot go to {destination} at {endpoint or 'Amazon'}: {error}. "
            "See ARTIFACTS and S3_... in docker/.env."
        ) from None


def _has(store: Any, bucket: str) -> bool:
    try:
        store.head_bucket(Bucket=bucket)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
        return False
    return True


def _create(store: Any, bucket: str) -> None:
    region = store.meta.region_name
    # The first region is the only one that must not be named.
    named = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    try:
        store.create_bucket(Bucket=bucket, **named)
    except store.exceptions.BucketAlreadyOwnedByYou:
        # Another server was faster.
        return
