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
        "History": ["CgroupModel", "KernelIO"],
        "Causes": ["CgroupModel"],
        "Suggest": ["CgroupModel"],
        "LiveView": ["CgroupModel", "History", "Causes", "CNcurses"],
        "PolicyLanguage": ["CgroupModel", "Configuration"],
        "Policy": ["CgroupModel", "PolicyLanguage"],
        "Enforcement": [
            "CgroupModel", "KernelIO", "Hierarchy", "Actuation", "PolicyLanguage", "Policy",
            "CLinux",
        ],
        "Exporter": ["CgroupModel", "KernelIO", "Configuration", "Events", "Causes"],
        "WebClient": [],
        "Webhook": ["KernelIO", "PolicyLanguage", "Policy", "Enforcement", "WebClient"],
        "Configuration": ["CgroupModel", "CYAML"],
        "Reports": [
            "CgroupModel", "KernelIO", "Hierarchy", "History", "LiveView", "Configuration",
            "Actuation", "PolicyLanguage", "Policy", "Enforcement", "Events", "Causes", "Suggest",
        ],
        "Service": [
            "CgroupModel", "KernelIO", "Hierarchy", "History", "Exporter", "Configuration",
            "Actuation", "PolicyLanguage", "Policy", "Enforcement", "Events", "WebClient",
            "Webhook", "Reports", "Causes", "Suggest", "CSystemd",
        ],
        "cgwarden": [
            "CgroupModel", "KernelIO", "Hierarchy", "History", "LiveView", "Exporter",
            "Configuration", "Actuation", "PolicyLanguage", "Policy", "Enforcement", "Events",
            "Causes", "Suggest", "Reports", "Service", "WebClient",
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
        "Causes": [],
        "Suggest": [],
        "LiveView": ["Glibc"],
        "Exporter": [
            "Glibc", "Logging", "NIOCore", "NIOPosix", "NIOHTTP1", "NIOHTTPCompression",
            "NIOEmbedded", "NIOExtras", "NIOSSL", "NIOTLS",
        ],
        "WebClient": ["NIOCore", "NIOPosix", "NIOHTTP1", "NIOSSL"],
        "Webhook": [],
        "Configuration": [],
        "PolicyLanguage": [],
        "Policy": [],
        "Enforcement": ["Glibc"],
        "Reports": [],
        "Service": ["Logging", "ServiceLifecycle", "UnixSignals"],
        "cgwarden": ["ArgumentParser", "Logging", "ServiceLifecycle", "UnixSignals"],
    ]
    /// Folders that may use C pointers.
    private static let unsafeFolders = [
        "KernelIO/Clocks/", "KernelIO/Descriptors/", "KernelIO/Files/", "KernelIO/Processes/",
        "KernelIO/Program/", "KernelIO/Sockets/", "KernelIO/Threads/", "KernelIO/Users/",
        "KernelIO/Writing/", "LiveView/Terminal/", "Configuration/", "Actuation/SystemBus/",
        "Service/Daemon/ServiceNotification.swift",
    ]

    private static let sources = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Sources")

    static func files() throws -> [SwiftSource] {
        let names = try FileManager.default.subpathsOfDirectory(atPath: sources.path())
        return try names.filter { $0.hasSuffix(".swift") }.sorted().map { name in
            let text = try String(contentsOf: sources.appending(path: name), encoding: .utf8)
            return SwiftSource(path: name, lines: text.components(separatedBy: "\n"))
        }
    }

    @Test func everyImportPointsDownward() throws {
        let files = try Self.files()
        #expect(files.count > 50)
        for file in files {
            let (path, module) = (file.path, file.module)
            let allowed = try #require(Self.own[module], "\(module) is not in the table")
                .union(Self.foreign[module] ?? []).union(Self.everywhere)
            for line in file.lines {
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

    @Test func pointersAreUsedOnlyInTheirFolders() throws {
        for file in try Self.files()
        where !Self.unsafeFolders.contains(where: file.path.hasPrefix) {
            for line in file.lines where line.contains("unsafe ") && !line.contains("//") {
                // An actor with a thread of its own has to name its executor so.
                let isExecutor = line.contains("unsafe executor.asUnownedSerialExecutor()")
                #expect(isExecutor, "\(file.path): \(line)")
            }
        }
    }

    /// What writes to standard output or standard error, and so past the escaping of outside text.
    private static let writers = [
        "STDERR_FILENO", "StreamLogHandler.standard", "FileHandle.standard", "fputs(", "printf(",
        " print(\"", "debugPrint(", "dump(", "exit(withError: error)",
    ]

    @Test func standardOutputHasOneWriter() throws {
        for file in try Self.files() where file.path != "KernelIO/Program/StandardOutput.swift" {
            for line in file.lines where !line.contains("//") {
                #expect(!Self.writers.contains { line.contains($0) }, "\(file.path): \(line)")
            }
        }
    }

    @Test func noFileIsTooLong() throws {
        for file in try Self.files() { #expect(file.lines.count <= 401, "\(file.path)") }
    }

    /// The system calls that change something, by file.
    ///
    /// Each has a crash point before and after it, at which tests kill the program; a new one needs
    /// them, too, before it is counted here.
    private static let changes: [String: [String: Int]] = [
        "KernelIO/Writing/ControlFile.swift": ["Glibc.write(": 1],
        "KernelIO/Writing/LogFile.swift": ["ftruncate(": 2, "Glibc.rename(": 1],
        "KernelIO/Writing/SharedLog.swift": ["ftruncate(": 2, "renameat(": 1, "unlinkat(": 1],
        "KernelIO/Writing/LockFile.swift": ["mkdirat(": 1, "ftruncate(": 1, "unlinkat(": 1],
        // A guard's switches, whose process is killed at random moments instead.
        "KernelIO/Descriptors/OwnedDescriptor+Kept.swift": ["Glibc.write(": 1],
        "KernelIO/Writing/OwnedDescriptor+Changes.swift": ["mkdirat(": 1, "unlinkat(": 1],
        // Recordings, the audit log, the pipe to a helper, and what a log file is written with.
        "KernelIO/Writing/AppendedFile.swift": ["ftruncate(": 2],
        "KernelIO/Writing/SidecarFile.swift": ["pwrite(": 1],
        "KernelIO/Writing/RotatedFile.swift": ["ftruncate(": 1],
        "KernelIO/Descriptors/OwnedDescriptor+Bytes.swift": ["Glibc.write(": 1],
        // The layout of the live view, replaced in one step.
        "KernelIO/Writing/OwnDirectory.swift": ["mkdirat(": 1, "renameat(": 1, "unlinkat(": 1],
        // Its own output, and the directory that the journal is in: nothing to put back.
        "KernelIO/Program/StandardOutput.swift": ["Glibc.write(": 1],
        "KernelIO/Program/Environment.swift": [" mkdir(": 1],
    ]
    private static let crashPoints = [
        "KernelIO/Writing/ControlFile.swift": 4, "KernelIO/Writing/LogFile.swift": 7,
        "KernelIO/Writing/SharedLog.swift": 9, "KernelIO/Writing/LockFile.swift": 6,
        "KernelIO/Writing/OwnedDescriptor+Changes.swift": 4,
    ]

    @Test func stateChangingCallsHaveCrashPoints() throws {
        let calls = [
            "Glibc.write(", "pwrite(", "writev(", "ftruncate(", " truncate(", "Glibc.rename(",
            "renameat(", " mkdir(", "mkdirat(", "unlinkat(", "rmdir(", "Glibc.unlink(",
        ]
        for file in try Self.files() where !file.path.hasPrefix("History/") {
            let path = file.path
            let code = file.lines.filter { !$0.contains("//") && !$0.contains("func ") }
            for call in calls {
                let count = code.count { $0.contains(call) }
                #expect(count == Self.changes[path]?[call] ?? 0, "\(path): \(call)")
            }
            let points = code.count { $0.contains("CrashPoint.pass()") }
            #expect(points == Self.crashPoints[path] ?? 0, "\(path): crash points")
        }
    }
}
