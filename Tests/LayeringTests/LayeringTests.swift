import Foundation
import Testing

/// The modules import strictly downward.
///
/// SwiftPM accepts a transitive import that no dependency declares, so the table is held here.
@Suite struct LayeringTests {
    private static let own: [String: Set<String>] = [
        "CgroupModel": [],
        "KernelIO": ["CgroupModel", "CLinux"],
        "Hierarchy": ["CgroupModel", "KernelIO"],
        "Actuation": ["CgroupModel", "KernelIO", "Hierarchy", "CSystemd", "CLinux"],
        "History": ["CgroupModel"],
        "LiveView": ["CgroupModel", "History", "CNcurses"],
        "Policy": ["CgroupModel", "Configuration"],
        "Enforcement": [
            "CgroupModel", "KernelIO", "Hierarchy", "Actuation", "Policy", "CLinux",
        ],
        "Exporter": ["CgroupModel"],
        "Configuration": ["CYAML"],
        "cgwarden": [
            "CgroupModel", "KernelIO", "Hierarchy", "History", "LiveView", "Exporter",
            "Configuration", "Actuation", "Policy", "Enforcement", "CSystemd",
        ],
    ]
    private static let everywhere: Set<String> = ["Synchronization"]
    private static let foreign: [String: Set<String>] = [
        "CgroupModel": [],
        "KernelIO": ["Glibc"],
        "Hierarchy": [],
        "Actuation": ["Glibc"],
        "History": ["DequeModule"],
        "LiveView": ["Glibc"],
        "Exporter": [
            "Glibc", "Logging", "NIOCore", "NIOPosix", "NIOHTTP1", "NIOHTTPCompression",
            "NIOEmbedded", "NIOExtras",
        ],
        "Configuration": [],
        "Policy": [],
        "Enforcement": ["Glibc"],
        "cgwarden": ["ArgumentParser", "Logging", "ServiceLifecycle", "UnixSignals"],
    ]
    /// Where C pointers may be touched.
    private static let unsafeFolders = [
        "KernelIO/IO/", "LiveView/Terminal/", "Configuration/", "Actuation/SystemBus",
        "cgwarden/Wiring/ServiceNotification.swift",
    ]

    private static let sources = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Sources")

    private static func files() throws -> [(path: String, lines: [String])] {
        let names = try FileManager.default.subpathsOfDirectory(atPath: sources.path())
        return try names.filter { $0.hasSuffix(".swift") }.sorted().map { name in
            let text = try String(contentsOf: sources.appending(path: name), encoding: .utf8)
            return (name, text.components(separatedBy: "\n"))
        }
    }

    @Test func everyImportPointsDownward() throws {
        let files = try Self.files()
        #expect(files.count > 50)
        for (path, lines) in files {
            let module = String(path.prefix { $0 != "/" })
            let allowed = try #require(Self.own[module], "\(module) is not in the table")
                .union(Self.foreign[module] ?? []).union(Self.everywhere)
            for line in lines {
                let words = line.split(separator: " ")
                guard let index = words.firstIndex(of: "import"), index < words.count - 1,
                    words[..<index].allSatisfy({
                        ["public", "internal", "private", "package"].contains($0)
                            || $0.hasPrefix("@")
                    })
                else { continue }
                let imported = String(words[index + 1])
                #expect(allowed.contains(imported), "\(path) imports \(imported)")
            }
        }
    }

    @Test func pointersAreTouchedInTheirFoldersOnly() throws {
        for (path, lines) in try Self.files()
        where !Self.unsafeFolders.contains(where: path.hasPrefix) {
            for line in lines where line.contains("unsafe ") && !line.contains("//") {
                // An actor with a thread of its own has to name its executor so.
                let isExecutor = line.contains("unsafe executor.asUnownedSerialExecutor()")
                #expect(isExecutor, "\(path): \(line)")
            }
        }
    }

    @Test func noFileIsTooLong() throws {
        for (path, lines) in try Self.files() { #expect(lines.count <= 401, "\(path)") }
    }
}
