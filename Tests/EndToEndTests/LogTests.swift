import Foundation
import KernelIO
import TestSupport
import Testing

@testable import cgwarden

/// The lines of the program's log.
@Suite struct LogTests {
    /// The first line of an exporter on any port, which `JOURNAL_STREAM` may name a journal.
    private func firstLine(_ options: String, journal: String = "") throws -> String {
        let capture = try ProgramCapture("v2")
        let run = try ProgramRun(
            "sh",
            [
                "-c",
                "export JOURNAL_STREAM=\(journal)\n"
                    + "exec '\(ProgramRun.cgwarden)' exporter --root '\(capture.root)' "
                    + "--web.listen-address 127.0.0.1:0 \(options)",
            ])
        defer { run.send(SIGTERM) }
        return try awaiting("the exporter logs") {
            guard run.isRunning else { throw ProgramTrouble("ended: \(run.errors)") }
            return run.errors.contains("\n")
                ? run.errors.split(separator: "\n").first.map(String.init) : nil
        }
    }

    @Test func lineIsLogfmtWithItsTime() throws {
        let line = try firstLine("")
        #expect(
            line.contains(
                /^time=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z level=info msg="serving http:[^"]*"/),
            "\(line)")
    }

    @Test func lineIsJSONOnRequest() throws {
        let line = try firstLine("--log.format=json")
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String])
        #expect(object["level"] == "info")
        #expect(object["msg"]?.hasPrefix("serving http:") == true)
        #expect(object["time"]?.hasSuffix("Z") == true)
    }

    @Test func journaldStampsTheLineItself() throws {
        let own = try firstLine("", journal: "$(stat -L -c %d:%i /proc/self/fd/2)")
        #expect(own.hasPrefix("level=info msg="), "\(own)")
        // The variable is inherited by programs whose standard error is no journal.
        let inherited = try firstLine("", journal: "1:2")
        #expect(inherited.hasPrefix("time="), "\(inherited)")
    }

    @Test func levelHasBothSpellings() throws {
        for words in [["--log.level=wran"], ["--log-level", "wran"], ["--log.level", "wran"]] {
            let result = try ProgramRun.run(ProgramRun.cgwarden, ["exporter"] + words)
            #expect(result.status == 64)
            #expect(result.errors.hasSuffix("did you mean 'warn'?\n"), "\(result.errors)")
        }
        #expect(LogOptions.level(named: "warn") == LogOptions.level(named: "warning"))
    }

    @Test func valueIsQuotedWhereItMustBe() {
        let fields = [
            (key: "level", value: "info"), (key: "msg", value: #"cannot read "a\b" = x"#),
            (key: "none", value: ""), (key: "name", value: "a\u{1b}[2J\nb"),
        ]
        #expect(
            LogText.logfmt(fields)
                == #"level=info msg="cannot read \"a\\b\" = x" none="" name=a\x1b[2J\x0ab"#)
        #expect(
            LogText.json([(key: "msg", value: "a\"\u{1b}\n")])
                == #"{"msg":"a\"\u001b\n"}"#)
    }

    @Test func timeIsInUTCWithMilliseconds() {
        #expect(CivilTime.rfc3339(1_764_484_080_012_345) == "2025-11-30T06:28:00.012Z")
    }
}
