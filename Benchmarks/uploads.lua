-- Darkroom
-- SPDX-License-Identifier: Apache-2.0
--
-- For wrk: puts blobs of 10 KB under names that are all different.
-- Takes the path of the container and the SAS as arguments; ends with one line of JSON.

local threads = 0

function setup(thread)
    thread:set("number", threads)
    threads = threads + 1
end

function init(arguments)
    container, sas = arguments[1], arguments[2]
    body = string.rep("0123456789abcdef", 640)
    headers = {
        ["Content-Type"] = "application/octet-stream",
        ["x-ms-blob-type"] = "BlockBlob",
        ["x-ms-version"] = "2021-12-02",
    }
    counter = 0
end

function request()
    counter = counter + 1
    return wrk.format("PUT", container .. "/" .. number .. "-" .. counter .. "?" .. sas, headers, body)
end

function done(summary, latency)
    local failed = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write
        + summary.errors.timeout
    io.write(string.format(
        '{"requests": %d, "failed": %d, "seconds": %.3f, "median_ms": %.3f, "p99_ms": %.3f}\n',
        summary.requests, failed, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
