import TestSupport
import Testing

/// The options of systemd-cgtop(1), in the spellings in which people type them.
@Suite struct CgtopOptionTests {
    /// Each with an equal command line of long options.
    private static let spellings: [(typed: String, long: String)] = [
        ("-bn1", "--batch --iterations 1"), ("-b -n1", "--batch --iterations 1"),
        ("-b1", "--batch --iterations 1"), ("-b -1", "--batch --iterations 1"),
        ("-b -n=1", "--batch --iterations 1"), ("-1 -p", "--batch -n 1 --order path"),
        ("-1t", "--batch -n 1 --order=tasks"), ("-1c", "--batch -n 1 --order=cpu"),
        ("-1m", "--batch -n 1 --order=memory"), ("-1i", "--batch -n 1 --order=io"),
        ("-1r", "--batch -n 1 --raw"), ("-bn1 --cpu=percentage", "--batch -n 1"),
        ("-bn2 -d50ms", "--batch --iterations 2 --delay 50ms"),
        ("-bn2 -i50ms", "--batch --iterations 2 --interval 50ms"),
        ("-bn1 --depth=1", "--batch --iterations 1 --depth 1"),
    ]

    @Test(arguments: spellings)
    func anOptionMeansTheSameInEverySpelling(typed: String, long: String) throws {
        let capture = try ProgramCapture("v2")
        func rows(_ words: String) throws -> [String] {
            let result = try ProgramRun.run(
                ProgramRun.cgwarden,
                ["top"] + words.split(separator: " ").map(String.init)
                    + ["--root", capture.root])
            #expect(result.status == 0 && result.errors.isEmpty, "\(words): \(result.errors)")
            return result.lines
        }
        let both = (try rows(typed), try rows(long))
        #expect(both.0 == both.1 && both.0.count > 1)
    }

    @Test func theCPUColumnShowsTime() throws {
        let capture = try ProgramCapture("v2")
        let result = try ProgramRun.cgwarden("top", "-b1", "--cpu=time", "--root", capture.root)
        #expect(result.lines.first?.contains("CPUtim") == true, "\(result.lines)")
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
}
