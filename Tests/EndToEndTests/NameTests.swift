import CgroupModel
import TestSupport
import Testing

/// The commands accept the same names for metrics and limits.
@Suite struct NameTests {
    private static let metricNames = MetricCatalog.all.flatMap { metric in
        ([metric.name] + CatalogName.others(of: metric)).map { (name: $0, row: metric.name) }
    }

    private func run(_ arguments: String..., on mode: String) throws -> ProgramRun.Result {
        let capture = try ProgramCapture(mode)
        return try ProgramRun.run(ProgramRun.cgwarden, arguments + ["--root", capture.root])
    }

    @Test func statAcceptsEveryNameOfEveryMetric() throws {
        let names = Self.metricNames
        let result = try run(
            "stat", "--csv", "-n", "1", "--fields", names.map(\.name).joined(separator: ","),
            on: "v1")
        #expect(result.status == 0, "\(result.errors)")
        let head = try #require(result.output.split(separator: "\r\n").first)
            .split(separator: ",").map(String.init)
        #expect(head.dropFirst(3).filter { !$0.hasSuffix(".rate") } == names.map(\.row))
        let former = names.filter { CatalogName($0.name)?.isFormer == true }
        #expect(
            result.errorLines
                == former.map { "cgwarden: note: \($0.name) is an old name; use \($0.row)" })
    }

    @Test(arguments: ["v1", "v2"]) func getAcceptsEveryNameOfEveryRow(mode: String) throws {
        let capture = try ProgramCapture(mode)
        let limits = LimitCatalog.all.flatMap { limit in
            ([limit.name] + CatalogName.others(of: limit)).map { (name: $0, row: limit.name) }
        }
        let names = (Self.metricNames + limits).map(\.name)
        let result = try ProgramRun.run(
            ProgramRun.cgwarden,
            ["get", "--json", "--root", capture.root, "/app.slice/db.service"] + names)
        #expect(result.status == 0, "\(result.errors)")
        let shown = Set((Self.metricNames + limits).map(\.row))
        for row in shown where !row.hasPrefix("devices.") {
            let isInstanced = LimitCatalog.limit(named: row)?.dimension != nil
            #expect(isInstanced || result.output.contains("\"name\":\"\(row)\""), "\(row)")
        }
    }

    @Test func valueIsTheSameUnderEachName() throws {
        let capture = try ProgramCapture("v1")
        let values = try ["memory.current", "memory.usage", "memory.usage_in_bytes"].map {
            try ProgramRun.run(
                ProgramRun.cgwarden,
                ["get", "/app.slice/db.service", $0, "--root", capture.root]
            ).output
        }
        #expect(Set(values).count == 1)
        #expect(values[0].hasPrefix("memory.current  "), "\(values[0])")
    }

    @Test func topSortsByTheMetricOfAColumn() throws {
        let plain = try run("top", "-b", "-n", "1", "--order", "memory", on: "v2")
        let named = try run("top", "-b", "-n", "1", "--order", "memory.current", on: "v2")
        let former = try run("top", "-b", "-n", "1", "--order", "memory.usage", on: "v2")
        #expect(plain.output == named.output && plain.output == former.output)
        #expect(named.errors == "")
        #expect(
            former.errors == "cgwarden: note: memory.usage is an old name; use memory.current\n")
    }

    @Test(arguments: [
        ("memory.usage=1GiB", "memory.usage is memory.current, which is read only"),
        ("memory.current=1GiB", "memory.current is read only"),
        ("cpu.usage=1cpus", "cpu.usage is cpu.usage_usec.rate, which is read only"),
    ])
    func setSaysThatAMetricIsReadOnly(setting: String, message: String) throws {
        let result = try run("set", "/app.slice/db.service", setting, "--dry-run", on: "v2")
        #expect(result.status == 64 && result.errorLines.count == 1)
        #expect(result.errors.hasPrefix("cgwarden: \(message); "), "\(result.errors)")
    }
}
