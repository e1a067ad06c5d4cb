import Foundation
import TestSupport
import Testing

/// The exporter as a service: scrapes, names, births and deaths, systemd.
@Suite(.serialized) struct ServingTests {
    private static let openMetrics = "application/openmetrics-text; version=1.0.0"

    @Test func bothFormatsAndPagesAreServed() throws {
        let capture = try ProgramCapture("v2")
        let server = try ServingProgram("--root", capture.root)
        let plain = try server.get()
        #expect(plain.status == 200)
        #expect(plain.head.contains("text/plain; version=0.0.4"))
        let memory = plain.series("cgroup_memory_current_bytes")
        #expect(memory.count == 8)
        #expect(
            memory.contains { $0.contains("/app.slice/db.service\"") && $0.hasSuffix(" 61902848") })
        #expect(!plain.text.contains("# EOF"))
        let open = try server.get(accept: Self.openMetrics)
        #expect(open.head.contains("application/openmetrics-text"))
        #expect(open.text.hasSuffix("# EOF\n"))
        #expect(try server.get("/").text.contains("metrics"))
        #expect(try server.get("/-/healthy").status == 200)
        #expect(try server.get("/-/ready").status == 200)
        #expect(try server.get("/nothing").status == 404)
        server.run.send(SIGTERM)
        #expect(try server.run.result().status == 0)
    }

    @Test(.enabled(if: ProgramRun.isInstalled("promtool"), "promtool is not installed"))
    func promtoolAcceptsTheMetrics() throws {
        let server = try ServingProgram()
        let body = try server.get().body
        let result = try ProgramRun.run("promtool", ["check", "metrics"], input: body)
        #expect(result.status == 0, "\(result.errors)")
    }

    private static let hasParser =
        (try? ProgramRun.run("python3", ["-c", "import prometheus_client"]).status) == 0

    @Test(.enabled(if: hasParser, "python3's prometheus_client is not installed"))
    func pythonParserAcceptsTheMetrics() throws {
        let server = try ServingProgram()
        let parse = """
            import sys
            from prometheus_client.openmetrics.parser import text_string_to_metric_families
            print(sum(1 for _ in text_string_to_metric_families(sys.stdin.read())))
            """
        let body = try server.get(accept: Self.openMetrics).body
        let result = try ProgramRun.run("python3", ["-c", parse], input: body)
        #expect(result.status == 0, "\(result.errors)")
        #expect((Int(result.lines.first ?? "") ?? 0) > 20)
    }

    @Test(.enabled(if: ProgramCgroup.canBeMade, "it needs root and writable cgroup mounts"))
    func unusualNamesAreServedAndEnd() throws {
        let suffixes: [[UInt8]] = [
            Array("-with blank".utf8), Array("-quo\"te".utf8), Array("-back\\slash".utf8),
            Array("-漢ü".utf8), Array("-bad".utf8) + [0xff],
        ]
        let server = try ServingProgram()
        let before = try server.get(accept: Self.openMetrics).series("cgroup_pids_current")
        let mine = "/cgwarden-test-\(getpid())-"
        #expect(!before.contains { $0.contains("-bad\\\\xff") })
        let cgroups = try suffixes.map { try ProgramCgroup(bytes: $0) }
        // A sample is shared for a second, so the newborn may not be in the next scrape.
        let (born, body) = try awaiting("all of them in a scrape") {
            let scrape = try server.get(accept: Self.openMetrics)
            let series = scrape.series("cgroup_pids_current").filter { $0.contains(mine) }
            return series.contains { $0.contains("-bad") } ? (series, scrape.body) : nil
        }
        for part in ["-with blank\"", "-quo\\\"te\"", "-back\\\\slash\"", "-漢ü\"", "-bad\\\\xff\""]
        {
            #expect(born.contains { $0.contains(part) }, "\(part) in \(born)")
        }
        if ProgramRun.isInstalled("promtool") {
            let plain = try ProgramRun.run(
                "promtool", ["check", "metrics"], input: try server.get().body)
            #expect(plain.status == 0, "\(plain.errors)")
        }
        #expect(String(validating: body, as: UTF8.self) != nil)
        for cgroup in cgroups { cgroup.remove() }
        let names = cgroups.map { $0.path.prefix { $0 != "-" } }
        #expect(names.count == 5)
        // Not one stale value: the first scrape with a new sample has none of them.
        let bad = try awaiting("a new sample") {
            let series = try server.get().series("cgroup_pids_current")
            let left = series.filter { $0.contains(mine) && $0.contains("-bad") }
            return left.isEmpty
                ? series.filter { line in
                    ["with blank", "quo", "back", "漢"].contains {
                        line.contains(mine) && line.contains($0)
                    }
                } : nil
        }
        #expect(bad.isEmpty)
    }

    /// Scrapes within a second share a sample, as the count of samples shows.
    @Test func scrapesShareASample() throws {
        let capture = try ProgramCapture("v2")
        let server = try ServingProgram("--root", capture.root)
        func files() throws -> String? {
            try server.get().text.split(separator: "\n").map(String.init)
                .first { $0.hasPrefix("cgwarden_") && $0.contains("files_read") }
        }
        // Two pairs, since the second may turn between the scrapes of one.
        let isShared = try (0..<3).contains { _ in try files() == files() }
        #expect(isShared)
        let first = try #require(try files())
        let later = try awaiting("another sample") {
            let now = try files()
            return now == first ? nil : now
        }
        #expect(later != first)
    }

    @Test func portInUseIsReported() throws {
        let capture = try ProgramCapture("v2")
        let first = try ServingProgram("--root", capture.root)
        let second = try ProgramRun.cgwarden(
            "exporter", "--web.listen-address", "127.0.0.1:\(first.port)", "--root", capture.root)
        #expect(second.status == 69)
        #expect(second.errorLines.count == 1)
        #expect(second.errors.contains("127.0.0.1:\(first.port) is already in use"))
        #expect(second.errors.contains("--web.listen-address"))
    }

    @Test(arguments: [SIGTERM, SIGINT]) func systemdIsNotifiedOfStartAndStop(_ signal: Int32) throws
    {
        let capture = try ProgramCapture("v2")
        let socket = try ProgramNotifySocket()
        let server = try ServingProgram(
            "--root", capture.root, environment: ["NOTIFY_SOCKET": socket.path])
        #expect(try socket.message() == "READY=1")
        #expect(try server.get().status == 200)
        server.run.send(signal)
        #expect(try socket.message() == "STOPPING=1")
        #expect(try server.run.result().status == 0)
    }
}
