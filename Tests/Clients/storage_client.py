# Darkroom
# SPDX-License-Identifier: Apache-2.0
"""Drives a blob service with azure-storage-blob, with the account's key and with signatures.

usage: storage_client.py [--large MEGABYTES]

The connection string comes in AZURE_STORAGE_CONNECTION_STRING. Each step prints a line; the first one that does not
hold ends the program with a traceback.
"""

import argparse
import datetime
import hashlib
import os
import uuid

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.storage.blob import (
    AccountSasPermissions,
    BlobBlock,
    BlobClient,
    BlobSasPermissions,
    BlobServiceClient,
    ContainerClient,
    ContainerSasPermissions,
    ContentSettings,
    ResourceTypes,
    generate_account_sas,
    generate_blob_sas,
    generate_container_sas,
)

STEPS = []


def step(function):
    STEPS.append(function)
    return function


class Account:
    """The account under test, and a container of this run in it."""

    def __init__(self, connection_string, large):
        self.service = BlobServiceClient.from_connection_string(connection_string, retry_total=0)
        self.name = self.service.account_name
        self.key = self.service.credential.account_key
        self.container = self.service.get_container_client(f"client-{uuid.uuid4().hex[:12]}")
        self.large = large

    def soon(self):
        return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=10)

    def blob_with(self, name, permission):
        token = generate_blob_sas(
            self.name, self.container.container_name, name, account_key=self.key,
            permission=BlobSasPermissions.from_string(permission), expiry=self.soon())
        return BlobClient.from_blob_url(f"{self.container.get_blob_client(name).url}?{token}", retry_total=0)

    def container_with(self, permission):
        token = generate_container_sas(
            self.name, self.container.container_name, account_key=self.key,
            permission=ContainerSasPermissions.from_string(permission), expiry=self.soon())
        return ContainerClient.from_container_url(f"{self.container.url}?{token}", retry_total=0)


def refused(code, function, *arguments, **options):
    """The call is refused with this code of the service."""
    try:
        function(*arguments, **options)
    except HttpResponseError as error:
        assert error.error_code == code, f"{error.error_code} instead of {code}: {error.message}"
        return error
    raise AssertionError(f"expected {code}, and the call went through")


@step
def containers(account):
    account.container.create_container(metadata={"Owner": "tests", "under_score": "1"})
    refused("ContainerAlreadyExists", account.container.create_container)
    properties = account.container.get_container_properties()
    assert properties.metadata == {"Owner": "tests", "under_score": "1"}, properties.metadata
    account.container.set_container_metadata({"a": "b"})
    assert account.container.get_container_properties().metadata == {"a": "b"}
    names = [each.name for each in account.service.list_containers(name_starts_with="client-", include_metadata=True)]
    assert account.container.container_name in names
    assert account.container.exists()
    assert not account.service.get_container_client("nothing-here").exists()
    assert account.service.get_account_information()["account_kind"] == "StorageV2"
    assert account.service.get_service_properties()["delete_retention_policy"].enabled is False


@step
def small_blobs(account):
    blob = account.container.get_blob_client("folder/ü %+#?&=//.a b.txt")
    settings = ContentSettings(content_type="text/plain", content_language="en", cache_control="no-cache")
    data = b"hello, world"
    written = blob.upload_blob(data, metadata={"Key": "Value", "k_1": "x"}, content_settings=settings)
    properties = blob.get_blob_properties()
    assert properties.etag == written["etag"] and properties.size == len(data)
    assert properties.content_settings.content_type == "text/plain"
    assert properties.content_settings.content_language == "en"
    assert bytes(properties.content_settings.content_md5) == hashlib.md5(data).digest()
    assert properties.metadata == {"Key": "Value", "k_1": "x"}, properties.metadata
    assert blob.download_blob().readall() == data
    assert blob.download_blob(offset=7, length=5).readall() == b"world"
    assert blob.download_blob(offset=7).readall() == b"world"
    assert blob.download_blob(offset=0, length=5, validate_content=True).readall() == b"hello"
    refused("InvalidRange", blob.download_blob, offset=100)
    try:
        blob.upload_blob(b"again")
        raise AssertionError("an existing blob was written over")
    except ResourceExistsError:
        pass
    assert blob.upload_blob(b"again", overwrite=True)["etag"] != written["etag"]
    empty = account.container.upload_blob("empty", b"")
    assert empty.download_blob().readall() == b""


@step
def checksums(account):
    blob = account.container.get_blob_client("checked")
    blob.upload_blob(b"x" * 1000, validate_content=True)
    refused("Md5Mismatch", blob.upload_blob, b"abc", overwrite=True, headers={"Content-MD5": "A" * 22 + "=="})
    refused("InvalidMd5", blob.upload_blob, b"abc", overwrite=True, headers={"Content-MD5": "AAAA"})
    refused(
        "Crc64Mismatch", blob.upload_blob, b"abc", overwrite=True, headers={"x-ms-content-crc64": "AAAAAAAAAAA="})
    assert blob.download_blob().readall() == b"x" * 1000


@step
def large_blobs(account):
    piece = os.urandom(1 << 20)
    size = account.large << 20
    data = (piece * account.large)[:size]
    blob = account.container.get_blob_client("large.bin")
    blob.upload_blob(data, max_concurrency=4)
    properties = blob.get_blob_properties()
    assert properties.size == size
    committed, waiting = blob.get_block_list("all")
    assert sum(block.size for block in committed) == (size if size > 64 << 20 else 0) and not waiting
    digest = hashlib.sha256()
    for chunk in blob.download_blob(max_concurrency=2).chunks():
        digest.update(chunk)
    assert digest.digest() == hashlib.sha256(data).digest()
    middle = blob.download_blob(offset=size // 2 - 3, length=7).readall()
    assert middle == data[size // 2 - 3:size // 2 + 4]


@step
def blocks(account):
    blob = account.container.get_blob_client("blocks")
    for name, data in (("b1", b"one"), ("b2", b"two"), ("b3", b"three")):
        blob.stage_block(name, data)
    assert not blob.exists()
    names = [each.name for each in account.container.list_blobs(include=["uncommittedblobs"])]
    assert "blocks" in names
    refused("InvalidBlockList", blob.commit_block_list, [BlobBlock("b1"), BlobBlock("b9")])
    blob.commit_block_list([BlobBlock("b3"), BlobBlock("b1")], metadata={"by": "blocks"})
    assert blob.download_blob().readall() == b"threeone"
    blob.stage_block("b4", b"!")
    blob.commit_block_list([BlobBlock("b1"), BlobBlock("b3"), BlobBlock("b4")])
    assert blob.download_blob().readall() == b"onethree!"
    assert blob.get_blob_properties().metadata == {}


@step
def listings(account):
    for index in range(25):
        account.container.upload_blob(f"list/{index % 5}/{index:02}.jpg", b"x", metadata={"index": str(index)})
    account.container.upload_blob("list/top & <tail>", b"x")
    account.container.upload_blob("list/\x01control", b"x")
    names = [each.name for each in account.container.list_blobs(name_starts_with="list/")]
    assert len(names) == 27 and names == sorted(names, key=lambda name: name.encode()), names
    assert "list/\x01control" in names and "list/top & <tail>" in names
    paged = []
    for page in account.container.list_blobs(name_starts_with="list/", results_per_page=4).by_page():
        page = list(page)
        assert len(page) <= 4
        paged += [each.name for each in page]
    assert paged == names
    walked = [each.name for each in account.container.walk_blobs(name_starts_with="list/", delimiter="/")]
    folders = [f"list/{index}/" for index in range(5)]
    assert sorted(walked) == ["list/\x01control", *folders, "list/top & <tail>"], walked
    with_metadata = list(account.container.list_blobs(name_starts_with="list/0/", include=["metadata"]))
    assert [each.metadata["index"] for each in with_metadata] == ["0", "5", "10", "15", "20"]
    refused("OutOfRangeQueryParameterValue", lambda: next(
        account.container.list_blobs(results_per_page=0).by_page()))


@step
def conditions(account):
    blob = account.container.get_blob_client("conditions")
    first = blob.upload_blob(b"1")["etag"]
    second = blob.upload_blob(b"2", overwrite=True, etag=first, match_condition=MatchConditions.IfNotModified)["etag"]
    for call in (
        lambda **how: blob.upload_blob(b"3", overwrite=True, **how),
        lambda **how: blob.download_blob(**how).readall(),
        lambda **how: blob.delete_blob(**how),
    ):
        try:
            call(etag=first, match_condition=MatchConditions.IfNotModified)
            raise AssertionError("a condition did not hold and the call went through")
        except ResourceModifiedError as error:
            assert error.error_code == "ConditionNotMet", error.error_code
    properties = blob.set_blob_metadata({"n": "1"}, etag=second, match_condition=MatchConditions.IfNotModified)
    assert properties["etag"] != second
    past = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
    refused("ConditionNotMet", blob.get_blob_properties, if_unmodified_since=past)
    assert blob.get_blob_properties(if_modified_since=past).size == 1


@step
def properties_and_copies(account):
    blob = account.container.get_blob_client("copy/source")
    blob.upload_blob(b"copy me", metadata={"from": "here"})
    blob.set_http_headers(ContentSettings(content_type="image/png", content_disposition="inline"))
    assert blob.get_blob_properties().content_settings.content_type == "image/png"
    target = account.container.get_blob_client("copy/target")
    assert target.start_copy_from_url(blob.url)["copy_status"] == "success"
    properties = target.get_blob_properties()
    assert properties.metadata == {"from": "here"} and properties.copy.status == "success"
    assert properties.content_settings.content_type == "image/png"
    blob.delete_blob()
    assert target.download_blob().readall() == b"copy me"
    refused("CannotVerifyCopySource", target.start_copy_from_url, blob.url)


@step
def signatures(account):
    account.container.upload_blob("sas/read", b"signed")
    assert account.blob_with("sas/read", "r").download_blob().readall() == b"signed"
    refused("AuthorizationPermissionMismatch", account.blob_with("sas/read", "r").delete_blob)
    refused("AuthorizationPermissionMismatch", account.blob_with("sas/read", "c").upload_blob, b"x", overwrite=True)
    account.blob_with("sas/new", "c").upload_blob(b"made")
    account.blob_with("sas/new", "w").upload_blob(b"over", overwrite=True)
    account.blob_with("sas/new", "d").delete_blob()
    listed = [each.name for each in account.container_with("l").list_blobs(name_starts_with="sas/")]
    assert listed == ["sas/read"], listed
    refused("AuthorizationPermissionMismatch", lambda: list(account.container_with("r").list_blobs()))
    container = account.container_with("rwl")
    container.upload_blob("sas/by container", b"y" * 100_000)
    assert container.download_blob("sas/by container").readall() == b"y" * 100_000
    other = account.blob_with("sas/read", "r").url.replace("sas/read", "sas/by%20container")
    refused("AuthenticationFailed", BlobClient.from_blob_url(other, retry_total=0).download_blob)


@step
def account_signatures(account):
    token = generate_account_sas(
        account.name, account.key, resource_types=ResourceTypes(service=True, container=True, object=True),
        permission=AccountSasPermissions.from_string("rwdlc"), expiry=account.soon())
    url = account.service.url.rstrip("/")
    service = BlobServiceClient(url, credential=token, retry_total=0)
    container = service.create_container(f"sas-{uuid.uuid4().hex[:12]}")
    container.upload_blob("a", b"1")
    assert [each.name for each in container.list_blobs()] == ["a"]
    assert container.download_blob("a").readall() == b"1"
    container.delete_blob("a")
    container.delete_container()
    late = generate_account_sas(
        account.name, account.key, resource_types=ResourceTypes(service=True),
        permission=AccountSasPermissions.from_string("l"),
        expiry=datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc))
    refused("AuthenticationFailed", lambda: list(
        BlobServiceClient(url, credential=late, retry_total=0).list_containers()))
    wrong = BlobServiceClient(url, credential={"account_name": account.name, "account_key": "A" * 86 + "=="},
                              retry_total=0)
    refused("AuthenticationFailed", lambda: list(wrong.list_containers()))


@step
def public_containers(account):
    account.container.upload_blob("public", b"for all")
    anonymous = BlobClient(
        account.service.url, account.container.container_name, "public", credential=None, retry_total=0)
    refused("ResourceNotFound", anonymous.download_blob)
    account.container.set_container_access_policy({}, public_access="blob")
    assert account.container.get_container_access_policy()["public_access"] == "blob"
    assert anonymous.download_blob().readall() == b"for all"
    refused("AuthenticationFailed", anonymous.delete_blob)
    listing = ContainerClient(account.service.url, account.container.container_name, credential=None, retry_total=0)
    refused("ResourceNotFound", lambda: list(listing.list_blobs()))
    account.container.set_container_access_policy({}, public_access="container")
    assert "public" in [each.name for each in listing.list_blobs()]


@step
def what_is_missing_says_so(account):
    blob = account.container.get_blob_client("public")
    assert refused("NotImplemented", blob.create_snapshot).status_code == 501
    assert refused("NotImplemented", blob.acquire_lease).status_code == 501
    assert refused("NotImplemented", blob.set_standard_blob_tier, "Cool").status_code == 501


@step
def deletion(account):
    blob = account.container.get_blob_client("public")
    blob.delete_blob(delete_snapshots="include")
    try:
        blob.download_blob()
        raise AssertionError("a deleted blob was read")
    except ResourceNotFoundError as error:
        assert error.error_code == "BlobNotFound", error.error_code
    account.container.delete_container()
    assert not account.container.exists()
    refused("ContainerNotFound", lambda: list(account.container.list_blobs()))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--large", type=int, default=70, help="size of the large blob in MiB; above 64 it goes in blocks")
    options = parser.parse_args()
    account = Account(os.environ["AZURE_STORAGE_CONNECTION_STRING"], options.large)
    for function in STEPS:
        function(account)
        print(f"ok {function.__name__.replace('_', ' ')}", flush=True)


if __name__ == "__main__":
    main()
