import Foundation
import Testing

/// The modules import strictly downward.
///
/// SwiftPM accepts a transitive import that no dependency declares, so the table is held here.
@Suite struct LayeringTests {
    /// The modules that each may import; ARCHITECTURE.md has the same table.
    static let own: [String: Set<String>] = [
        "CgroupModel": [],
        "KernelIO": ["CgroupModel", "CLinux"],
        "Hierarchy": ["CgroupModel", "KernelIO"],
        "Events": ["CgroupModel", "KernelIO", "Hierarchy"],
        "Actuation": ["CgroupModel", "KernelIO", "Hierarchy", "CSystemd", "CLinux"],
        "History": ["CgroupModel"],
        "LiveView": ["CgroupModel", "History", "CNcurses"],
        "Policy": ["CgroupModel", "Configuration"],
        "Enforcement": [
            "CgroupModel", "KernelIO", "Hierarchy", "Actuation", "Policy", "CLinux",
        ],
        "Exporter": ["CgroupModel", "KernelIO", "Configuration"],
        "Webhook": ["KernelIO", "Policy", "Enforcement"],
        "Configuration": ["CgroupModel", "CYAML"],
        "cgwarden": [
            "CgroupModel", "KernelIO", "Hierarchy", "History", "LiveView", "Exporter",
            "Configuration", "Actuation", "Policy", "Enforcement", "Events", "Webhook", "CSystemd",
        ],
    ]
    private static let everywhere: Set<String> = ["Synchronization"]
    private static let foreign: [String: Set<String>] = [
        "CgroupModel": [],
        "KernelIO": ["Glibc"],
        "Hierarchy": [],
        "Events": [],
        "Actuation": ["Glibc"],
        "History": ["DequeModule"],
        "LiveView": ["Glibc"],
        "Exporter": [
            "Glibc", "Logging", "NIOCore", "NIOPosix", "NIOHTTP1", "NIOHTTPCompression",
            "NIOEmbedded", "NIOExtras", "NIOSSL", "NIOTLS",
        ],
        "Webhook": ["NIOCore", "NIOPosix", "NIOHTTP1", "NIOSSL"],
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

    /// What writes to standard output or standard error, and so past the escaping of outside text.
    private static let writers = [
        "STDERR_FILENO", "StreamLogHandler.standard", "FileHandle.standard", "fputs(", "printf(",
        " print(\"", "debugPrint(", "dump(", "exit(withError: error)",
    ]

    @Test func standardOutputHasOneWriter() throws {
        for (path, lines) in try Self.files() where path != "KernelIO/IO/StandardOutput.swift" {
            for line in lines where !line.contains("//") {
                #expect(!Self.writers.contains { line.contains($0) }, "\(path): \(line)")
            }
        }
    }

    @Test func noFileIsTooLong() throws {
        for (path, lines) in try Self.files() { #expect(lines.count <= 401, "\(path)") }
    }

    /// The system calls that change something, by file.
    ///
    /// Each has a crash point before and after it, at which tests kill the program; a new one needs
    /// them, too, before it is counted here.
    private static let changes: [String: [String: Int]] = [
        "KernelIO/IO/ControlFile.swift": ["Glibc.write(": 1],
        "KernelIO/IO/LogFile.swift": ["ftruncate(": 2, "Glibc.rename(": 1],
        "KernelIO/IO/SharedLog.swift": ["ftruncate(": 2, "renameat(": 1, "unlinkat(": 1],
        "KernelIO/IO/LockFile.swift": ["mkdirat(": 1, "ftruncate(": 1, "unlinkat(": 1],
        // A guard's switches, whose process is killed at random moments instead.
        "KernelIO/IO/OwnedDescriptor+Kept.swift": ["Glibc.write(": 1],
        "KernelIO/IO/OwnedDescriptor+Changes.swift": ["mkdirat(": 1, "unlinkat(": 1],
        // Recordings, the audit log, the pipe to a helper, and what a log file is written with.
        "KernelIO/IO/AppendedFile.swift": ["ftruncate(": 2],
        "KernelIO/IO/RotatedFile.swift": ["ftruncate(": 1],
        "KernelIO/IO/OwnedDescriptor+Bytes.swift": ["Glibc.write(": 1],
        // The layout of the live view, replaced in one step.
        "KernelIO/IO/OwnDirectory.swift": ["mkdirat(": 1, "renameat(": 1, "unlinkat(": 1],
        // Its own output, and the directory that the journal is in: nothing to put back.
        "KernelIO/IO/StandardOutput.swift": ["Glibc.write(": 1],
        "KernelIO/IO/Environment.swift": [" mkdir(": 1],
    ]
    private static let crashPoints = [
        "KernelIO/IO/ControlFile.swift": 4, "KernelIO/IO/LogFile.swift": 7,
        "KernelIO/IO/SharedLog.swift": 9, "KernelIO/IO/LockFile.swift": 6,
        "KernelIO/IO/OwnedDescriptor+Changes.swift": 4,
    ]

    @Test func whatChangesSomethingPassesCrashPoints() throws {
        let calls = [
            "Glibc.write(", "pwrite(", "writev(", "ftruncate(", " truncate(", "Glibc.rename(",
            "renameat(", " mkdir(", "mkdirat(", "unlinkat(", "rmdir(", "Glibc.unlink(",
        ]
        for (path, lines) in try Self.files() where !path.hasPrefix("History/") {
            let code = lines.filter { !$0.contains("//") && !$0.contains("func ") }
            for call in calls {
                let count = code.count { $0.contains(call) }
                #expect(count == Self.changes[path]?[call] ?? 0, "\(path): \(call)")
            }
            let points = code.count { $0.contains("CrashPoint.pass()") }
            #expect(points == Self.crashPoints[path] ?? 0, "\(path): crash points")
        }
    }
}
