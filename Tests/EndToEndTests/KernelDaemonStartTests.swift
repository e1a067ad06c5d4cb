import Foundation
import TestSupport
import Testing

/// Errors at startup: one line, an exit status, and no change.
@Suite(.enabled(if: ProgramCgroup.canBeMade, "it needs root and writable cgroup mounts"))
struct KernelDaemonStartTests {
    /// An error, its exit status, and words of the message.
    struct Mistake: Sendable, CustomTestStringConvertible {
        let name: String
        var options: [String] = []
        var config: String?
        var policy: String?
        let status: Int32
        let words: String

        var testDescription: String { name }
    }

    static let mistakes = [
        Mistake(
            name: "no configuration", options: ["--config", "/nowhere/cgwarden.yaml"], status: 66,
            words: "/nowhere/cgwarden.yaml"),
        Mistake(
            name: "a directory for a configuration", options: ["--config", "/tmp"], status: 78,
            words: "/tmp"),
        Mistake(
            name: "an unknown key", config: "lisen: 1\n", status: 78, words: "cgwarden.yaml:1:1"),
        Mistake(
            name: "no policy", options: ["--policy", "/nowhere/p.yaml"], status: 78,
            words: "/nowhere/p.yaml"),
        Mistake(name: "a bad policy", policy: "rulez: []\n", status: 78, words: "rulez"),
        Mistake(
            name: "a bad address", options: ["--web.listen-address", "nonsense"], status: 64,
            words: "nonsense"),
        Mistake(
            name: "a bad address in the file",
            config: "web: {listen_address: \"nonsense\"}\n", status: 78,
            words: "cgwarden.yaml:1:23: web.listen_address: 'nonsense'"),
        Mistake(
            name: "an unwritable audit log", options: ["--audit", "/proc/none/audit.jsonl"],
            status: 77, words: "/proc/none"),
        Mistake(
            name: "a directory for an audit log", options: ["--audit", "/tmp"], status: 77,
            words: "/tmp"),
        Mistake(
            name: "an unwritable state directory", options: ["--state-dir", "/proc/none"],
            status: 77, words: "/proc/none"),
        Mistake(
            name: "a file for a state directory", options: ["--state-dir", "/dev/null/state"],
            status: 77, words: "/dev/null"),
    ]

    private func policy(_ cgroup: ProgramCgroup) -> String {
        """
        defaults: {interval: 100ms}
        groups: {g: {path: "\(cgroup.path)", populated: false}}
        limits: [{on: g, set: {pids.max: 321}}]

        """
    }

    private func check(_ result: ProgramRun.Result, _ status: Int32, _ words: String) {
        #expect(result.status == status, "\(result.errors)")
        #expect(result.errorLines.count == 1, "\(result.errors)")
        #expect(result.errors.hasPrefix("cgwarden: "), "\(result.errors)")
        #expect(result.errors.contains(words), "\(result.errors)")
    }

    @Test(arguments: mistakes) func startupErrorIsReportedAndChangesNothing(_ mistake: Mistake)
        throws
    {
        let cgroup = try ProgramCgroup()
        let original = cgroup.text("pids.max")
        let places = try DaemonPlaces(policy(cgroup))
        if let text = mistake.config { try places.write(text, to: places.config) }
        if let text = mistake.policy { try places.set(text) }
        let isAddressed = mistake.config?.contains("listen") == true
        let silent = isAddressed ? [] : ["--web.listen-address", "-"]
        let result = try places.command(
            ["daemon", "-n", "3"] + silent + places.options + mistake.options)
        check(result, mistake.status, mistake.words)
        #expect(cgroup.text("pids.max") == original)
        #expect(!places.records.contains { $0["phase"] as? String == "apply" })
    }

    @Test func portInUseIsReported() throws {
        let cgroup = try ProgramCgroup()
        let original = cgroup.text("pids.max")
        let other = try ServingProgram()
        let places = try DaemonPlaces(policy(cgroup))
        let result = try places.command(
            ["daemon", "--web.listen-address", "127.0.0.1:\(other.port)"] + places.options)
        check(result, 69, "\(other.port)")
        #expect(cgroup.text("pids.max") == original)
        #expect(!places.records.contains { $0["phase"] as? String == "apply" })
    }

    /// It monitors even if nothing can be written.
    @Test(
        .enabled(
            if: RunningDaemon.isInGuest,
            "cgroup mounts are made read-only in guests alone"))
    func daemonMonitorsOnReadOnlyMounts() throws {
        let cgroup = try ProgramCgroup()
        let original = cgroup.text("pids.max")
        let places = try DaemonPlaces(policy(cgroup))
        let mounts = ProgramCgroup.trees.map { "mount -o remount,bind,ro '\($0.mountPoint)'" }
        let words = ["daemon", "-n", "20", "--web.listen-address", "-"] + places.options
        let plan = "\(ProgramRun.cgwarden) policy plan \(places.policy); test $? = 10"
        let command = (["exec", ProgramRun.cgwarden] + words).joined(separator: " ")
        let result = try ProgramRun.run(
            "unshare",
            ["--mount", "sh", "-c", (mounts + [plan, command]).joined(separator: " && ")])
        #expect(result.status == 0, "\(result.errors)")
        #expect(
            result.output.contains("the cgroup file system is mounted read-only"),
            "\(result.output)")
        #expect(cgroup.text("pids.max") == original)
        let failed = places.records.filter { $0["result"] as? String == "failed" }
        // One attempt for the value, without repeated retries.
        #expect((1...3).contains(failed.count), "\(places.records)")
        #expect(try places.command(["restore"]).output == "nothing to undo\n")
    }
}
