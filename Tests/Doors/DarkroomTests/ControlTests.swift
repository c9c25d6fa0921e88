// Darkroom
// SPDX-License-Identifier: Apache-2.0

import Darkroom
import DurableTask
import FoundationEssentials
import HTTP
import ImageStores
import Pipeline
import Testing

@Suite(.timeLimit(.minutes(5)))
struct ControlTests {
    /// A body with nothing in it.
    private final class NoBody: HTTPRequestBody {
        let length: Int64? = 0
        func read(upTo limit: Int) async throws -> [UInt8] { [] }
    }

    private func withResponder(_ body: (ControlResponder, MemoryImageRecordStore) async throws -> Void) async throws {
        let records = MemoryImageRecordStore()
        let hub = try await EmbeddedTaskHub.inMemory()
        let key = ImageKey(account: "shop", container: "images-input", name: "a/cat.jpg")
        let version = ImageVersion(sequence: 1, etag: "0x1")
        try await records.upsert(
            ImageRecord(key: key, version: version, status: .processed, sizeInBytes: 5, time: Date.now))
        _ = try await hub.start(
            StartRequest(id: "picture-1", name: ProcessPicture.name, input: "{}"))
        try await body(ControlResponder(LocalOperator(records: records, hub: hub), token: "right"), records)
    }

    private func ask(
        _ responder: ControlResponder, _ path: String, _ query: String? = nil, method: HTTPMethod = .get,
        authorization: String? = "Bearer right"
    ) async throws -> (status: Int, text: String) {
        var request = HTTPRequest(method: method, path: path, query: query)
        request.fields["Authorization"] = authorization
        let response = try await responder.respond(to: request, body: NoBody())
        guard case .bytes(let bytes) = response.body else { return (response.status.code, "") }
        return (response.status.code, String(decoding: bytes, as: UTF8.self))
    }

    @Test(arguments: [nil, "", "Bearer", "Bearer wrong", "bearer right", "Bearer right ", "Basic right"])
    func refusesWhoeverDoesNotHaveTheToken(authorization: String?) async throws {
        try await withResponder { responder, _ in
            for path in ["/api/images", "/api/runs", "/", "/api/run/retry"] {
                let answer = try await ask(responder, path, authorization: authorization)
                #expect(answer.status == 401)
                #expect(!answer.text.contains("cat.jpg"))
            }
        }
    }

    @Test(
        arguments: [
            ("/api/images", nil, 200, "a/cat.jpg"),
            ("/api/images", "text=nobody", 200, "\"images\":[]"),
            ("/api/images", "status=lost", 400, "processed, failed or gone"),
            ("/api/images", "cursor=nonsense", 400, "cursor"),
            ("/api/image", "name=cat.jpg", 200, "a/cat.jpg"),
            ("/api/image", "name=images-input%2Fa%2Fcat.jpg", 200, "a/cat.jpg"),
            ("/api/image", "name=dog.jpg", 404, "no record"),
            ("/api/image", nil, 400, "name="),
            ("/api/runs", nil, 200, "picture-1"),
            ("/api/runs", "status=asleep", 400, "there is no state"),
            ("/api/run", "id=picture-1", 200, "picture-1"),
            ("/api/run", "id=nobody", 404, "there is no run"),
            ("/api/secrets", nil, 404, "there is no GET"),
            ("/api/images", "text=%zz", 400, "query"),
        ] as [(String, String?, Int, String)])
    func answersQuestions(path: String, query: String?, status: Int, part: String) async throws {
        try await withResponder { responder, _ in
            let answer = try await ask(responder, path, query)
            #expect(answer.status == status)
            #expect(answer.text.contains(part), "\(answer.text)")
        }
    }

    @Test func refusesToRetryARunThatHasNotEnded() async throws {
        try await withResponder { responder, _ in
            let path = "/api/run/retry"
            let running = try await ask(responder, path, "id=picture-1", method: .post)
            let missing = try await ask(responder, path, "id=nobody", method: .post)
            let onlyLooked = try await ask(responder, path, "id=picture-1")
            #expect((running.status, missing.status, onlyLooked.status) == (409, 404, 404))
        }
    }
}
