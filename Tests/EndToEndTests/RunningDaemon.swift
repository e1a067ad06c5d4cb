import Foundation
import TestSupport
import Testing

/// A daemon with a policy for scratch cgroups, and with places of its own for all that it keeps.
final class RunningDaemon {
    let places: DaemonPlaces
    let server: ServingProgram

    /// Starts it, and waits until it serves; it looks ten times a second.
    convenience init(_ policy: String, _ options: [String] = []) throws {
        try self.init(DaemonPlaces(policy), options)
    }

    /// Starts it once more where one was before.
    init(_ places: DaemonPlaces, _ options: [String] = []) throws {
        self.places = places
        server = try ServingProgram(["daemon"] + places.options + options)
    }

    var run: ProgramRun { server.run }

    /// Whether this is a test guest, which is slow to come to anything.
    static let isInGuest =
        ProcessInfo.processInfo.environment["CGWARDEN_REQUIRE_CGROUPS"] != nil

    /// Asks it with another command.
    func ask(_ words: String...) throws -> ProgramRun.Result {
        try places.command(words)
    }

    /// The value of a metric, with its labels as they are written.
    func metric(_ series: String) throws -> Double? {
        let lines = try server.get().text.split(separator: "\n")
        return lines.first { $0.hasPrefix(series + " ") }.flatMap {
            Double($0.dropFirst(series.count + 1))
        }
    }

    /// Waits for a sample that began after this call.
    func awaitSample() throws {
        try awaiting("the first sample") { try metric("cgwarden_ticks_total") != nil }
        try awaitTicks(2)
    }

    /// Waits until it has looked at the cgroups so many times more.
    func awaitTicks(_ count: Double) throws {
        let series = "cgwarden_ticks_total"
        let before = try #require(try metric(series))
        try awaiting("\(count) ticks after \(before)") {
            try metric(series) ?? 0 >= before + count
        }
    }

    /// Asks it to end, and waits.
    func end(seconds: Double = 120) throws -> ProgramRun.Result {
        run.send(SIGTERM)
        return try run.result(seconds: seconds)
    }
}

/// Where a daemon of a test keeps its things; a tmpfs, and gone with the test.
final class DaemonPlaces {
    let folder = "/dev/shm/cgwarden-test-\(UUID().uuidString)"

    var policy: String { "\(folder)/policy.yaml" }
    var config: String { "\(folder)/cgwarden.yaml" }
    var state: String { "\(folder)/state" }
    var audit: String { "\(folder)/log/audit.jsonl" }

    init(_ policy: String) throws {
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        // The machine's journal is not for tests.
        try write("audit: {journald: false}\n", to: config)
        try set(policy)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func write(_ text: String, to file: String) throws {
        try Data(text.utf8).write(to: URL(filePath: file))
    }

    /// Writes another policy, for the next start or reload.
    func set(_ text: String) throws {
        try write("apiVersion: cgwarden/v1\n" + text, to: policy)
    }

    var options: [String] {
        ["--config", config, "--policy", policy, "--state-dir", state, "--audit", audit]
    }

    /// Runs another command on the same state.
    func command(_ words: [String]) throws -> ProgramRun.Result {
        try ProgramRun.run(
            ProgramRun.cgwarden, words, environment: ["CGWARDEN_STATE_DIRECTORY": state])
    }

    /// The lines of the audit log so far.
    var records: [[String: Any]] {
        let text = (try? String(contentsOfFile: audit, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap {
            try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        }
    }

    /// The helper process of the daemon, while it lives.
    var guardian: Int32? { DaemonRun.guardian(of: state) }

    /// What explains why something is not undone: the guardian, its log and the journal.
    var remains: String {
        func text(_ file: String) -> String {
            (try? String(contentsOfFile: file, encoding: .utf8)) ?? "absent\n"
        }
        let process = guardian.map { pid in
            "process \(pid), in \(text("/proc/\(pid)/wchan"))\n\(text("/proc/\(pid)/stack"))"
        }
        return "guardian: \(process ?? "ended")\nits log:\n\(text("\(state)/guardian.log"))"
            + "journal:\n\(text("\(state)/journal"))locks:\n\(text("/proc/locks"))"
    }
}

extension ProgramCgroup {
    /// The text of a file in the tree of its controller, without the last newline.
    func text(_ file: String) -> String? {
        let controller = String(file.prefix { $0 != "." })
        guard let place = directory(of: controller) else { return nil }
        return try? String(contentsOfFile: "\(place)/\(file)", encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Writes a file of a controller's tree.
    func write(_ value: String, to file: String) throws {
        let place = try #require(directory(of: String(file.prefix { $0 != "." })))
        try Data(value.utf8).write(to: URL(filePath: "\(place)/\(file)"))
    }

    /// Whether any tree is asked to freeze it.
    var isAskedToFreeze: Bool {
        directories.contains { directory in
            func text(_ file: String) -> String? {
                try? String(contentsOfFile: "\(directory)/\(file)", encoding: .utf8)
            }
            return text("cgroup.freeze") == "1\n" || text("freezer.self_freezing") == "1\n"
        }
    }

    /// Whether it is frozen.
    var isFrozen: Bool {
        directories.contains { directory in
            func text(_ file: String) -> String {
                (try? String(contentsOfFile: "\(directory)/\(file)", encoding: .utf8)) ?? ""
            }
            return text("cgroup.events").contains("frozen 1") || text("freezer.state") == "FROZEN\n"
        }
    }

    /// The CPU limit in the form of its version.
    var quota: String? { text(isV2("cpu") ? "cpu.max" : "cpu.cfs_quota_us") }
    var isMemoryLegacy: Bool { !isV2("memory") }

    private func isV2(_ controller: String) -> Bool {
        Self.trees.contains { $0.isUnified && directory(of: controller) == $0.mountPoint + path }
    }
}
