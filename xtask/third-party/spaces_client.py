"""boto3, Amazon's client of S3, against our fake of Spaces, which checks every signature.

Prints each thing it checked, and at last `N passed, M failed`.
"""

import io
import os
import urllib.error
import urllib.request

# A bundle of certificates that the machine sets is not there for loopback.
os.environ.pop("AWS_CA_BUNDLE", None)

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

from checks import equal, run

SECRET = os.environ["HOWDAH_TOKEN"]
KEY = os.environ["HOWDAH_ACCOUNT"]
BASE_URL = os.environ["HOWDAH_BASE_URL"]
REGION = "nyc3"
BUCKET = f"third-party-{os.getpid()}"
PART = 5 * 1024 * 1024


def client_with(secret):
    # What Spaces are asked for, not what Amazon's newest servers are.
    config = Config(
        signature_version="s3v4",
        s3={"addressing_style": "path"},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    return boto3.client(
        "s3",
        region_name=REGION,
        endpoint_url=BASE_URL,
        aws_access_key_id=KEY,
        aws_secret_access_key=secret,
        config=config,
    )


client = client_with(SECRET)


def refused(code, call, **named):
    try:
        call(**named)
    except ClientError as error:
        equal(error.response["Error"]["Code"], code, "code")
        return
    raise AssertionError(f"expected {code}, but it succeeded")


def a_bucket_is_made():
    client.create_bucket(Bucket=BUCKET)
    assert BUCKET in [bucket["Name"] for bucket in client.list_buckets()["Buckets"]], "it is there"


def a_wrong_secret_is_refused():
    refused("SignatureDoesNotMatch", client_with("not-" + SECRET).list_objects_v2, Bucket=BUCKET)


def an_object_is_written_and_read():
    key = "avatars/ä b+c.txt"
    client.put_object(Bucket=BUCKET, Key=key, Body=b"content", ContentType="text/plain", Metadata={"of": "eva"})
    answer = client.get_object(Bucket=BUCKET, Key=key)
    equal((answer["Body"].read(), answer["ContentType"], answer["Metadata"]), (b"content", "text/plain", {"of": "eva"}), "object")
    equal(client.get_object(Bucket=BUCKET, Key=key, Range="bytes=3-")["Body"].read(), b"tent", "range")
    equal([one["Key"] for one in client.list_objects_v2(Bucket=BUCKET)["Contents"]], [key], "list")
    refused("NoSuchKey", client.get_object, Bucket=BUCKET, Key="nothing")


def a_large_one_goes_in_parts():
    content = bytes(range(256)) * (2 * PART // 256 + 10)
    config = TransferConfig(multipart_threshold=PART, multipart_chunksize=PART, max_concurrency=2)
    client.upload_fileobj(io.BytesIO(content), BUCKET, "large", Config=config)
    read = io.BytesIO()
    client.download_fileobj(BUCKET, "large", read)
    assert read.getvalue() == content, "the same"
    assert client.head_object(Bucket=BUCKET, Key="large")["ETag"].endswith('-3"'), "in three parts"


def what_is_public_is_read_by_everyone():
    client.put_object(Bucket=BUCKET, Key="public.txt", Body=b"for all", ACL="public-read")
    client.put_object(Bucket=BUCKET, Key="private.txt", Body=b"for one")
    equal(urllib.request.urlopen(f"{BASE_URL}/{BUCKET}/public.txt").read(), b"for all", "public")
    try:
        urllib.request.urlopen(f"{BASE_URL}/{BUCKET}/private.txt")
        raise AssertionError("private, and read by everyone")
    except urllib.error.HTTPError as error:
        equal(error.code, 403, "private")
    url = client.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "private.txt"}, ExpiresIn=60)
    equal(urllib.request.urlopen(url).read(), b"for one", "signed beforehand")


def many_come_in_pages_and_go_at_once():
    for number in range(12):
        client.put_object(Bucket=BUCKET, Key=f"many/{number:02}", Body=b"")
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix="many/", PaginationConfig={"PageSize": 5})
    keys = [one["Key"] for page in pages for one in page["Contents"]]
    equal(keys, [f"many/{number:02}" for number in range(12)], "keys")
    gone = client.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": key} for key in keys]})
    equal(len(gone["Deleted"]), 12, "deleted")


CHECKS = [
    a_bucket_is_made,
    a_wrong_secret_is_refused,
    an_object_is_written_and_read,
    a_large_one_goes_in_parts,
    what_is_public_is_read_by_everyone,
    many_come_in_pages_and_go_at_once,
]


if __name__ == "__main__":
    run(CHECKS)
