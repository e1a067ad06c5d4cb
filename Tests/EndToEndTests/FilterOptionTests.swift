import TestSupport
import Testing

/// `--where` of `top` and `stat`.
@Suite struct FilterOptionTests {
    @Test(arguments: ["top", "stat"]) func oneSampleWithAConditionOnRatesSaysSo(
        command: String
    ) throws {
        let capture = try ProgramCapture("v2")
        func run(_ words: String...) throws -> ProgramRun.Result {
            try ProgramRun.run(
                ProgramRun.cgwarden, [command, "--root", capture.root, "-n"] + words)
        }
        let one = try run("1", "--where", "cpu > 5")
        #expect(one.status == 0)
        #expect(
            one.errors
                == "cgwarden: note: one sample has no rates, so --where finds none; use -n 2\n")
        #expect(try run("1", "--where", "memory > 1").errors.isEmpty)
    }

    @Test(arguments: ["top", "stat"]) func operatorsOfPoliciesAreRefusedInOneLine(
        command: String
    ) throws {
        let result = try ProgramRun.cgwarden(command, "--where", "cpu > 5 and memory > 1GiB")
        #expect(result.status == 64)
        #expect(result.errorLines.count == 1, "\(result.errors)")
        #expect(
            result.errors.contains(
                "'and' is not an operator here; write conditions side by side: cpu > 50 tasks > 9"),
            "\(result.errors)")
    }
}
