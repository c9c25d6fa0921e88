// swift-tools-version: 6.2
// Darkroom
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

// Folder = floor; imports go down only. `Tests/TidyTests` checks the arrows drawn here against the sources.

/// The settings of every Swift target.
let house: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

/// A C library from Debian: a module map and a header that includes the library's own.
func system(_ name: String, pkgConfig: String, apt package: String) -> Target {
    .systemLibrary(
        name: name, path: "Sources/C/\(name)", pkgConfig: pkgConfig, providers: [.apt([package])])
}

/// A thin C shim for what Swift cannot call (variadic functions, macros).
func shim(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/C/\(name)")
}

/// A room on a floor.
func room(_ name: String, on floor: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Sources/\(floor)/\(name)", swiftSettings: house)
}

/// The tests of a room, on the same floor of `Tests`.
func tests(
    of name: String, on floor: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []
) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: [.init(stringLiteral: name)] + dependencies,
        path: "Tests/\(floor)/\(name)Tests", exclude: exclude, swiftSettings: house)
}

let package = Package(
    name: "darkroom",
    products: [
        .executable(name: "darkroom", targets: ["DarkroomCommand"]),
        .library(name: "DurableTask", targets: ["DurableTask", "TaskHubSQL", "TaskHubGRPC"]),
        .library(name: "DurableTaskTesting", targets: ["DurableTaskTesting"]),
        .library(name: "Imaging", targets: ["Imaging"]),
        .library(name: "AzureStorage", targets: ["AzureStorage"]),
    ],
    targets: [
        // C
        shim("CLinux"),
        system("CSQLite", pkgConfig: "sqlite3", apt: "libsqlite3-dev"),
        shim("CSQLiteShim", ["CSQLite"]),
        system("CPostgres", pkgConfig: "libpq", apt: "libpq-dev"),
        system("COpenSSL", pkgConfig: "openssl", apt: "libssl-dev"),
        system("CNGHTTP2", pkgConfig: "libnghttp2", apt: "libnghttp2-dev"),
        system("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
        shim("CCurlShim", ["CCurl"]),
        system("CVips", pkgConfig: "vips", apt: "libvips-dev"),
        shim("CVipsShim", ["CVips"]),
        shim("CWorkerProcess"),

        // Foundations
        room("Basics", on: "Foundations", ["CLinux"]),
        room("Crypto", on: "Foundations", ["COpenSSL"]),
        room("Telemetry", on: "Foundations", ["Basics"]),

        // Links
        room("SQL", on: "Links"),
        room("SQLite", on: "Links", ["Basics", "SQL", "CSQLite", "CSQLiteShim"]),
        room("Postgres", on: "Links", ["Basics", "SQL", "CPostgres"]),
        room("HTTP", on: "Links"),
        room("Sockets", on: "Links", ["Basics", "Telemetry", "CLinux", "COpenSSL"]),
        room("HTTPServer", on: "Links", ["Basics", "Telemetry", "HTTP", "Sockets"]),
        room("GRPC", on: "Links", ["Basics", "Telemetry", "Sockets", "Protobuf", "CNGHTTP2"]),
        room("Curl", on: "Links", ["Basics", "CCurl", "CCurlShim"]),
        room("HTTPClient", on: "Links", ["Basics", "HTTP", "Curl"]),
        room("Mail", on: "Links", ["Basics", "Crypto", "Curl"]),
        room("Protobuf", on: "Links"),

        // Rooms
        room("AzureStorage", on: "Rooms", ["Basics", "Crypto", "HTTP", "HTTPClient"]),
        room(
            "StorageServer", on: "Rooms",
            ["Basics", "Crypto", "Telemetry", "SQL", "HTTP", "AzureStorage", "CLinux"]),
        room("DurableTask", on: "Rooms", ["Basics", "Crypto", "Telemetry"]),
        room("DurableTaskTesting", on: "Rooms", ["Basics", "Telemetry", "DurableTask"]),
        room("TaskHubSQL", on: "Rooms", ["Basics", "Telemetry", "SQL", "Postgres", "DurableTask"]),
        room(
            "TaskHubGRPC", on: "Rooms",
            ["Basics", "Telemetry", "Sockets", "Protobuf", "GRPC", "DurableTask"]),
        room("Imaging", on: "Rooms", ["Basics", "Crypto", "Telemetry", "CLinux", "CVipsShim", "CWorkerProcess"]),
        room("ImageStores", on: "Rooms", ["Basics", "SQL"]),
        room("Notifications", on: "Rooms", ["Mail"]),

        // Story
        .target(
            name: "Pipeline",
            dependencies: [
                "Basics", "Crypto", "Telemetry", "AzureStorage", "DurableTask", "Imaging", "ImageStores",
            ],
            path: "Sources/Pipeline", swiftSettings: house),

        // Doors
        room(
            "Darkroom", on: "Doors",
            [
                "Basics", "Crypto", "Telemetry", "SQL", "SQLite", "Sockets", "HTTP", "HTTPServer", "HTTPClient",
                "Mail",
                "GRPC", "AzureStorage", "StorageServer", "DurableTask", "TaskHubSQL", "TaskHubGRPC", "Imaging",
                "ImageStores", "Notifications",
                "Pipeline",
            ]),
        .executableTarget(
            name: "DarkroomCommand",
            dependencies: [
                "Basics", "Telemetry", "Sockets", "HTTP", "Darkroom", "AzureStorage", "StorageServer", "Imaging",
                "ImageStores",
                "Pipeline",
            ],
            path: "Sources/Doors/DarkroomCommand", swiftSettings: house),

        // Benchmarks
        .executableTarget(
            name: "TaskHubBenchmark", dependencies: ["Basics", "SQLite", "Postgres", "DurableTask", "TaskHubSQL"],
            path: "Benchmarks/TaskHubBenchmark", swiftSettings: house),

        // Examples
        .executableTarget(
            name: "PythonActivity",
            dependencies: ["Sockets", "GRPC", "SQLite", "DurableTask", "TaskHubSQL", "TaskHubGRPC"],
            path: "Examples/PythonActivity", exclude: ["worker.py"], swiftSettings: house),

        // Tests
        .target(
            name: "Peers", path: "Tests/Peers",
            exclude: ["grpc_peer.py", "http_peer.py", "smtp_peer.py", "postgres_peer.py", "task_hub_peer.py"],
            swiftSettings: house),
        .testTarget(name: "TidyTests", path: "Tests/TidyTests", swiftSettings: house),
        tests(of: "HTTP", on: "Links"),
        tests(of: "Sockets", on: "Links"),
        tests(of: "HTTPServer", on: "Links", ["Basics", "HTTP", "Sockets", "Telemetry"]),
        tests(
            of: "Imaging", on: "Rooms", ["Basics", "Crypto", "Telemetry", "ImageWorkerTestHost"],
            exclude: ["Fixtures"]),
        .executableTarget(
            name: "ImageWorkerTestHost", dependencies: ["Imaging"], path: "Tests/Rooms/ImageWorkerTestHost",
            swiftSettings: house),
        tests(of: "DurableTask", on: "Rooms", ["Basics", "Telemetry", "DurableTaskTesting"], exclude: ["Fixtures"]),
        tests(of: "DurableTaskTesting", on: "Rooms", ["Basics", "DurableTask"]),
        tests(
            of: "TaskHubSQL", on: "Rooms",
            [
                "Basics", "Telemetry", "SQL", "SQLite", "Postgres", "Sockets", "GRPC", "DurableTask", "TaskHubGRPC",
                "Peers", "TaskHubCrashHost",
            ],
            exclude: ["Fixtures"]),
        .executableTarget(
            name: "TaskHubCrashHost",
            dependencies: ["Telemetry", "SQL", "SQLite", "Postgres", "DurableTask", "TaskHubSQL"],
            path: "Tests/Rooms/TaskHubCrashHost", swiftSettings: house),
        tests(
            of: "TaskHubGRPC", on: "Rooms",
            [
                "Basics", "Telemetry", "Sockets", "Protobuf", "GRPC", "SQLite", "DurableTask", "TaskHubSQL", "Peers",
                "PythonActivity",
            ]),
        tests(of: "Basics", on: "Foundations"),
        tests(of: "Telemetry", on: "Foundations"),
        tests(of: "Crypto", on: "Foundations", ["Basics"]),
        tests(of: "SQL", on: "Links", ["SQLite", "Postgres", "Peers"]),
        tests(of: "SQLite", on: "Links", ["SQL"]),
        tests(of: "Postgres", on: "Links", ["SQL", "Peers"]),
        tests(of: "Curl", on: "Links", ["Peers"]),
        tests(of: "HTTPClient", on: "Links", ["Crypto", "HTTP", "Peers"]),
        tests(of: "Mail", on: "Links", ["Peers"]),
        tests(of: "Protobuf", on: "Links"),
        tests(of: "GRPC", on: "Links", ["Basics", "Protobuf", "Sockets", "Telemetry", "Peers"]),
        tests(of: "Notifications", on: "Rooms", ["Mail", "Peers"]),
        tests(of: "ImageStores", on: "Rooms", ["SQL", "SQLite"]),
        .testTarget(
            name: "PipelineTests",
            dependencies: [
                "Pipeline", "AzureStorage", "Basics", "Telemetry", "DurableTask", "ImageStores", "Imaging",
            ],
            path: "Tests/PipelineTests", swiftSettings: house),
        tests(
            of: "Darkroom", on: "Doors",
            ["Basics", "Telemetry", "HTTP", "AzureStorage", "DurableTask", "ImageStores", "Pipeline"]),
        .testTarget(
            name: "EndToEndTests", dependencies: ["DarkroomCommand", "Peers"], path: "Tests/EndToEnd/EndToEndTests",
            swiftSettings: house),
        tests(of: "AzureStorage", on: "Rooms", ["Basics", "HTTP"]),
        tests(
            of: "StorageServer", on: "Rooms",
            [
                "AzureStorage", "Basics", "Crypto", "HTTP", "HTTPServer", "SQL", "SQLite", "Sockets", "Telemetry",
                "Peers",
            ]),
        .testTarget(
            name: "BlobClientTests",
            dependencies: [
                "Basics", "Crypto", "HTTP", "HTTPServer", "SQLite", "Sockets", "AzureStorage", "StorageServer", "Peers",
            ],
            path: "Tests/Rooms/BlobClientTests", swiftSettings: house),
    ]
)
