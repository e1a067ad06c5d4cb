import Foundation
import TestSupport
import Testing

/// The options of systemd-cgtop(1), versions 252 to 260, in the spellings in which people type them.
@Suite struct CgtopOptionTests {
    /// Each with an equal command line of long options.
    private static let spellings: [(typed: String, long: String)] = [
        ("-bn1", "--batch --iterations 1"), ("-b -n1", "--batch --iterations 1"),
        ("-b1", "--batch --iterations 1"), ("-b -1", "--batch --iterations 1"),
        ("-b -n=1", "--batch --iterations 1"), ("-b --iterations=1", "-b -n 1"),
        ("-1 -p", "--batch -n 1 --order path"), ("-1 --order=path", "-1p"),
        ("-1t", "--batch -n 1 --order=tasks"), ("-1c", "--batch -n 1 --order=cpu"),
        ("-1m", "--batch -n 1 --order=memory"), ("-1i", "--batch -n 1 --order=io"),
        ("-1r", "--batch -n 1 --raw"), ("-bn1 --cpu=percentage", "--batch -n 1"),
        ("-bn1 --cpu", "--batch -n 1 --cpu=time"), ("-1 --cpu -p", "-1p --cpu=time"),
        ("-bn2 -d50ms", "--batch --iterations 2 --delay 50ms"),
        ("-bn2 -i50ms", "--batch --iterations 2 --interval 50ms"),
        ("-bn1 -d1min", "--batch -n 1 --delay 60s"), ("-bn1 -d 5sec", "--batch -n 1 --delay 5"),
        ("-bn1 --depth=1", "--batch --iterations 1 --depth 1"),
        ("-bn1 --recursive=yes", "--batch -n 1"), ("-1P --recursive=1", "-1P"),
        ("-1P --recursive=off", "-1 -P --recursive no"), ("-1kP", "-1P"), ("-1Pk", "-1k"),
    ]

    /// The options of its manual, all of which the table above or a test below has.
    private static let known: Set = [
        "-p", "--order=path", "-t", "--order=tasks", "-c", "--order=cpu", "-m", "--order=memory",
        "-i", "--order=io", "-b", "--batch", "-r", "--raw", "--cpu=percentage", "--cpu=time", "-P",
        "-k", "--recursive=", "-n", "--iterations=", "-1", "-d", "--delay=", "--depth=", "-M",
        "--machine=", "-h", "--help", "--version",
    ]

    private func run(_ words: String, _ tree: String = "v2") throws -> ProgramRun.Result {
        let capture = try ProgramCapture(tree)
        return try ProgramRun.run(
            ProgramRun.cgwarden,
            ["top"] + words.split(separator: " ").map(String.init) + ["--root", capture.root])
    }

    @Test(arguments: spellings)
    func anOptionMeansTheSameInEverySpelling(typed: String, long: String) throws {
        func rows(_ words: String) throws -> [String] {
            let result = try run(words)
            #expect(result.status == 0 && result.errors.isEmpty, "\(words): \(result.errors)")
            return result.lines
        }
        let both = (try rows(typed), try rows(long))
        #expect(both.0 == both.1 && both.0.count > 1)
    }

    /// A later version may have more; they are then to be added.
    @Test(.enabled(if: ProgramRun.isInstalled("systemd-cgtop"), "there is no systemd-cgtop here"))
    func everyOptionOfTheInstalledProgramIsKnown() throws {
        let help = try ProgramRun.run("systemd-cgtop", ["--help"]).output
        let options = help.matches(of: /(?m)^ +(-\w)? *(--[a-z]+=?[a-z]*)?/).flatMap { match in
            [match.1, match.2].compactMap { $0.map(String.init) }
        }
        #expect(options.count > 20)
        #expect(options.filter { !Self.known.contains($0) } == [])
    }

    @Test func helpAndVersionAreAnsweredByTheCommand() throws {
        for option in ["-h", "--help"] {
            let result = try ProgramRun.cgwarden("top", option)
            #expect(result.status == 0 && result.output.contains("USAGE: cgwarden top"))
        }
        let version = try ProgramRun.cgwarden("top", "--version")
        #expect(version.status == 0 && version.lines.count == 1)
    }

    @Test func theCPUColumnShowsTime() throws {
        let result = try run("-b1 --cpu=time")
        #expect(result.lines.first?.contains("CPUtim") == true, "\(result.lines)")
    }

    /// What a reader sees above the numbers is what comes to mind as their name.
    @Test func everyPrintedHeadIsAnOrder() throws {
        let heads = try ["-1", "-1P", "-1k", "-1 --cpu=time"].flatMap { words in
            try run(words).lines.first.map { $0.split(separator: " ") } ?? []
        }
        #expect(Set(heads).count > 15, "\(heads)")
        for head in Set(heads) {
            let result = try run("-1 --order=\(head)")
            #expect(result.status == 0, "\(head): \(result.errors)")
        }
    }

    @Test func machineAndCgroupAreMutuallyExclusive() throws {
        let result = try ProgramRun.cgwarden("top", "-b1", "-M", "web", "/system.slice")
        #expect(result.status == 64)
        #expect(result.errors.hasPrefix("cgwarden: --machine and a cgroup are mutually exclusive"))
        #expect(result.errorLines.count == 1)
    }

    @Test func unknownLetterAmongShortOptionsIsNamed() throws {
        let result = try ProgramRun.cgwarden("top", "-bx1")
        #expect(result.status == 64)
        #expect(result.errorLines.count == 1)
        #expect(result.errors.contains("'-x'"), "\(result.errors)")
    }

    // MARK: Counting processes

    @Test func theColumnOfCountedProcessesHasItsOwnTitle() throws {
        #expect(try run("-1P").lines.first?.contains("Procs") == true)
        #expect(try run("-1k").lines.first?.contains("Proc+") == true)
        #expect(try run("-1").lines.first?.contains("Tasks") == true)
    }

    /// As systemd-cgtop refuses it: tasks are always counted with those of descendants.
    @Test func tasksCannotBeCountedWithoutDescendants() throws {
        let result = try run("-1 --recursive=no")
        #expect(result.status == 64 && result.errorLines.count == 1, "\(result)")
        #expect(result.errors.contains("add -P or -k"), "\(result)")
        let word = try run("-1P --recursive=maybe")
        #expect(word.status == 64 && word.errorLines.count == 1, "\(word)")
    }

    // MARK: The width

    /// A tree with a cgroup of a long path.
    private func capture() throws -> ProgramCapture {
        let capture = try ProgramCapture("v2")
        let name = String(repeating: "a-long-name-", count: 10)
        try capture.write("", to: "cgroup/app.slice/\(name)end/cgroup.procs")
        return capture
    }

    private func table(columns: String?, _ words: String...) throws -> [String] {
        let capture = try capture()
        return try ProgramRun.run(
            ProgramRun.cgwarden, ["top", "-b1", "--root", capture.root] + words,
            environment: columns.map { ["COLUMNS": $0] } ?? [:]
        ).lines
    }

    @Test func longPathsAreCutToTheWidth() throws {
        let whole = try table(columns: nil)
        let cut = try table(columns: "110")
        #expect((whole.map(\.count).max() ?? 0) > 130)
        #expect((cut.map(\.count).max() ?? 0) <= 110, "\(cut)")
        #expect(cut.contains { $0.contains("…") && $0.contains("-end ") }, "\(cut)")
        // Only paths are cut.
        func numbers(_ line: String) -> [Substring] {
            Array(line.split(separator: " ").dropFirst())
        }
        #expect(cut.map(numbers) == whole.map(numbers))
        #expect(try table(columns: "110", "--full") == whole)
    }

    @Test(.enabled(if: TerminalSession.isAvailable, "there is no tmux here"))
    func theTerminalGivesTheWidth() throws {
        let capture = try capture()
        let terminal = try TerminalSession(
            TerminalSession.cgwarden("top -b1 --root \(capture.root)"), columns: 120, rows: 40)
        #expect(try terminal.status() == 0)
        let lines = try terminal.await("…")
        #expect(lines.contains { $0.contains("-end ") && $0.hasSuffix("-") }, "\(lines)")
    }
}
