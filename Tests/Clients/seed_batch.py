# Darkroom
# SPDX-License-Identifier: Apache-2.0
"""The two batch snippets of the user's own document, as they stand there but for the connection string.

usage: seed_batch.py    in a folder with `local_folder`; downloads into `downloads`

The connection string comes in AZURE_STORAGE_CONNECTION_STRING. Between the snippets the uploaded reports are put
where the second one looks for them.
"""

import os

conn_str = os.environ["AZURE_STORAGE_CONNECTION_STRING"]

BATCH_UPLOAD = '''
import os
from azure.storage.blob import BlobServiceClient

blob_service = BlobServiceClient.from_connection_string(conn_str)
container_client = blob_service.get_container_client("uploads")

# Upload all files from directory
for root, dirs, files in os.walk("local_folder"):
    for file in files:
        local_path = os.path.join(root, file)
        blob_name = os.path.relpath(local_path, "local_folder")
        
        blob_client = container_client.get_blob_client(blob_name)
        
        with open(local_path, "rb") as data:
            blob_client.upload_blob(
                data,
                overwrite=True,
                metadata={
                    "uploaded_by": "batch_script",
                    "source": "local_folder",
                    "upload_date": "2024-01-15"
                }
            )
        
        print(f"Uploaded: {blob_name}")
'''

BATCH_DOWNLOAD = '''
from azure.storage.blob import BlobServiceClient
import os

blob_service = BlobServiceClient.from_connection_string(conn_str)
container_client = blob_service.get_container_client("documents")

# Download all blobs with specific prefix
for blob in container_client.list_blobs(name_starts_with="reports/2024/"):
    blob_client = container_client.get_blob_client(blob.name)
    
    # Create local directory structure
    local_path = os.path.join("downloads", blob.name)
    os.makedirs(os.path.dirname(local_path), exist_ok=True)
    
    # Download blob
    with open(local_path, "wb") as file:
        file.write(blob_client.download_blob().readall())
    
    print(f"Downloaded: {blob.name}")
'''


def make_containers():
    from azure.storage.blob import BlobServiceClient

    service = BlobServiceClient.from_connection_string(conn_str)
    for name in ("uploads", "documents"):
        service.create_container(name)


def move_uploads_to_documents():
    from azure.storage.blob import BlobServiceClient

    service = BlobServiceClient.from_connection_string(conn_str)
    for blob in service.get_container_client("uploads").list_blobs(include=["metadata"]):
        assert blob.metadata["uploaded_by"] == "batch_script", blob.metadata
        source = service.get_blob_client("uploads", blob.name)
        service.get_blob_client("documents", blob.name).start_copy_from_url(source.url)


make_containers()
exec(BATCH_UPLOAD)
move_uploads_to_documents()
exec(BATCH_DOWNLOAD)
