import TestSupport
import Testing

/// What `doctor` says about the processes and rights that it finds.
@Suite struct DoctorTests {
    /// Adds a process to a captured tree.
    private static func add(
        _ pid: Int, state: String = "S", user: Int = 0, _ words: [String],
        to capture: ProgramCapture
    ) throws {
        try capture.write(
            "Name:\tcgwarden\nUid:\t\(user)\t\(user)\t\(user)\t\(user)\n",
            to: "proc/\(pid)/status")
        try capture.write(
            "\(pid) (cgwarden) \(state) 1 \(pid) \(pid) 0 -1 4194304 0 0 0 0 1 1 0 0 20 0 1 0 500 "
                + "1000000 200 0 0 0\n", to: "proc/\(pid)/stat")
        try capture.write(
            words.map { "\($0)\0" }.joined(), to: "proc/\(pid)/cmdline")
    }

    private static func lines(_ capture: ProgramCapture) throws -> [String] {
        let result = try ProgramRun.cgwarden("doctor", "--root", capture.root)
        #expect(result.status == 0, "\(result)")
        return result.lines
    }

    @Test func onlyADaemonCountsAsTheDaemon() throws {
        let capture = try ProgramCapture("v2")
        try Self.add(900, ["cgwarden", "top", "-b"], to: capture)
        try Self.add(901, state: "Z", [], to: capture)
        let without = try Self.lines(capture)
        #expect(without.contains("daemon       not running; start it: cgwarden daemon"))
        #expect(without.suffix(2).first == "other cgwarden processes", "\(without)")
        #expect(without.last?.hasSuffix(" process 900: cgwarden top -b") == true, "\(without)")

        try Self.add(902, ["/usr/bin/cgwarden", "daemon", "--dry-run"], to: capture)
        let with = try Self.lines(capture)
        #expect(with.contains("daemon       running (process 902)"), "\(with)")
        #expect(!with.contains { $0.contains("process 902: ") }, "\(with)")
    }

    /// Any user can start a process with this name and these arguments.
    @Test func processOfAnotherUserIsNoDaemon() throws {
        let capture = try ProgramCapture("v2")
        try Self.add(900, user: 4_000_000, ["cgwarden", "daemon"], to: capture)
        let lines = try Self.lines(capture)
        #expect(lines.contains("daemon       not running; start it: cgwarden daemon"), "\(lines)")
        #expect(lines.last?.hasSuffix(" process 900: of user 4000000") == true, "\(lines)")
    }

    @Test func withoutProcessesBothListsSaySo() throws {
        let lines = try Self.lines(ProgramCapture("v2"))
        #expect(lines.last == "other cgwarden processes: none", "\(lines)")
    }

    /// "no: use pressure triggers" would read as advice.
    @Test func capabilityIsNamedWithItsUse() throws {
        let rights = try Self.lines(ProgramCapture("v2")).filter { $0.hasPrefix("  cap_") }
        #expect(rights.count == 5)
        for line in rights {
            #expect(line.contains(" yes: can ") || line.contains(" no: needed to "), "\(line)")
        }
    }
}
