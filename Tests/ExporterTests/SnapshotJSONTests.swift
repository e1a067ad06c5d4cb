#if Exporter
import CgroupModel
import Exporter
import Foundation
import TestSupport
import Testing

/// `/api/v1/snapshot` and what else the page asks for.
@Suite(.timeLimit(.minutes(15))) struct SnapshotJSONTests {
    private typealias Object = [String: Any]

    private static func object(_ response: RawResponse?) throws -> Object {
        let response = try #require(response)
        #expect(response.status == "HTTP/1.1 200 OK")
        #expect(response.headers["content-type"] == "application/json; charset=utf-8")
        #expect(response.headers["cache-control"] == "no-store")
        return try #require(
            JSONSerialization.jsonObject(with: Data(response.body)) as? Object)
    }

    /// Two readings a second apart of a cgroup that has everything, and of one that has nothing.
    private static func machine() -> Snapshot {
        var builder = SnapshotBuilder()
        builder.tick = 7
        builder.host.cpuCount = 2
        builder.host.tasks = Reading(214)
        builder.host.load = Reading(123)
        builder.host.memoryTotal = Reading(1000)
        builder.host.memoryAvailable = Reading(400)
        builder.host.cpuPressure = .unsupported
        builder.add("/", ["cpu.usage_usec": .absent])
        builder.add("/kubepods")
        builder.add(
            "/app.slice/web.service",
            [
                "pids.current": Reading(3), "cpu.usage_usec": Reading(2_500_000),
                "cpu.nr_periods": Reading(20), "cpu.nr_throttled": Reading(8),
                "memory.current": Reading(50), "memory.max": Reading(200),
                "memory.swap.current": .notPermitted, "cpu.pressure.some.avg10": Reading(417),
                "io.pressure.some.avg10": .unsupported, "memory.events.oom_kill": .malformed,
            ],
            before: [
                "cpu.usage_usec": Reading(1_000_000), "cpu.nr_periods": Reading(10),
                "cpu.nr_throttled": Reading(3),
            ])
        builder.instance("io.rbytes", ExporterFixtures.disk, 4096, before: 0)
        builder.instance("io.rbytes", ExporterFixtures.unnamedDisk, 512, before: 0)
        builder.add("/app.slice/web.service/worker", ["memory.max": .unlimited])
        builder.instance("io.rbytes", .whole, reading: .notPermitted)
        return builder.build()
    }

    @Test func everyKindOfValueHasItsJSONForm() async throws {
        try await TestServer.run(
            StubSource(Self.machine()),
            configure: {
                $0.identity = { cgroup in
                    var identity = CgroupIdentity(cgroup.path)
                    if cgroup.path.name == "worker" {
                        identity.container = "db \"<b>"
                        identity.namespace = "shop"
                    }
                    return identity
                }
            }
        ) { port in
            let response = try #require(try await LoopbackClient.send(port, "/api/v1/snapshot"))
            let all = try Self.object(response)
            #expect(all["tick"] as? Int == 7)
            #expect(all["time"] as? Double == 1_790_000_007)
            #expect(all["version"] as? String == "1.2.3")
            let text = response.text
            for part in [
                #""machine":{"cpus":2,"load":1.23,"pids.current":214,"memory.current":600,"#
                    + #""memory.total":1000,"cpu.pressure.some.avg10":null,"#
                    + #""files.not_permitted":0,"files.malformed":0,"#
                    + #""unavailable":{"cpu.pressure.some.avg10":"unsupported"}}"#,
                // The root shows the machine's memory where it has none itself.
                #"{"path":"/","inode":1001,"generation":1,"depth":0,"kind":"other","#
                    + #""pids.current":214,"memory.current":600,"memory.current.ratio":0.600,"#
                    + #""cpu.pressure.some.avg10":null,"#
                    + #""unavailable":{"cpu.pressure.some.avg10":"unsupported"}}"#,
                #"{"path":"/app.slice/web.service","inode":1003,"generation":3,"depth":2,"#
                    + #""kind":"service","unit":"web.service","slice":"app.slice","#
                    + #""state":"throttled","pids.current":3,"cpu.usage_usec":2500000,"#
                    + #""cpu.usage_usec.rate":1500000.0,"cpu.throttled.ratio":0.500,"#
                    + #""memory.current":50,"memory.max":200,"memory.max.effective":200,"#
                    + #""memory.current.ratio":0.250,"memory.swap.current":null,"#
                    + #""cpu.pressure.some.avg10":4.17,"io.pressure.some.avg10":null,"#
                    + #""io.rbytes.rate":4608.0,"memory.events.oom_kill":null,"#
                    + #""unavailable":{"memory.swap.current":"not permitted","#
                    + #""io.pressure.some.avg10":"unsupported","#
                    + #""memory.events.oom_kill":"malformed"}}"#,
                #""container":"db \"<b>","namespace":"shop","#
                    + #""memory.max":"max","memory.max.effective":200,"io.rbytes.rate":null,"#
                    + #""unavailable":{"io.rbytes.rate":"not permitted"}}"#,
                #"{"path":"/kubepods","inode":1002,"generation":2,"depth":1,"parent":0,"#,
            ] { #expect(text.contains(part), "\(part) in \(text)") }
            let cgroups = try #require(all["cgroups"] as? [Object])
            #expect(cgroups.count == 4)
            // The position of the parent, where it is visible.
            #expect(cgroups[2]["parent"] as? Int == 1)
            #expect(cgroups[1]["parent"] == nil)
        }
    }

    /// cgwarden-api(7) says what the names are.
    @Test func everyFieldIsDocumented() async throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../man/cgwarden-api.7")
        let page = try String(contentsOf: file, encoding: .utf8)
        try await TestServer.run(
            StubSource(Self.machine()),
            configure: {
                $0.identity = { cgroup in
                    var identity = CgroupIdentity(cgroup.path)
                    (identity.runtime, identity.containerID, identity.container) = ("a", "b", "c")
                    (identity.image, identity.pod, identity.podUID) = ("d", "e", "f")
                    (identity.namespace, identity.qos) = ("g", "h")
                    return identity
                }
            }
        ) { port in
            let all = try Self.object(try await LoopbackClient.send(port, "/api/v1/snapshot"))
            let keys = Set((all["cgroups"] as? [Object] ?? []).flatMap(\.keys))
            #expect(keys.count > 25)
            for key in keys { #expect(page.contains(" \(key)"), "\(key)") }
        }
    }

    @Test func unusualNamesAreValidJSON() async throws {
        let snapshot = ExporterFixtures.hostile()
        try await TestServer.run(StubSource(snapshot)) { port in
            let all = try Self.object(try await LoopbackClient.send(port, "/api/v1/snapshot"))
            let paths = (all["cgroups"] as? [Object])?.compactMap { $0["path"] as? String }
            #expect(paths == snapshot.cgroups.map(\.path.text))
        }
    }

    @Test func snapshotIsCompressedOnRequest() async throws {
        try await TestServer.run(StubSource(ExporterFixtures.hostile())) { port in
            for path in ["/", "/api/v1/snapshot", "/api/v1/metrics"] {
                let plain = try #require(try await LoopbackClient.send(port, path))
                let packed = try #require(
                    try await LoopbackClient.send(port, path, ["Accept-Encoding": "gzip"]))
                #expect(packed.headers["content-encoding"] == "gzip")
                #expect(packed.headers["vary"] == "Accept-Encoding")
                #expect(try Tool.run("gzip", ["-dc"], input: packed.body).output == plain.body)
            }
        }
    }

    @Test func cgroupRequestReturnsAllItsValues() async throws {
        try await TestServer.run(StubSource(ExporterFixtures.hostile())) { port in
            let one = try Self.object(
                try await LoopbackClient.send(
                    port, "/api/v1/cgroup?path=%2Fsay+%22hi%22"))
            #expect(one["path"] as? String == "/say \"hi\"")
            #expect(one["memory.max"] as? Int == 1 << 40)
            #expect((one["io"] as? Object)?.count == 2)
            let missing = try await LoopbackClient.send(port, "/api/v1/cgroup?path=/none")
            #expect(missing?.status == "HTTP/1.1 404 Not Found")
            for query in ["", "?", "?pat=/", "?path%zz=/"] {
                let unclear = try await LoopbackClient.send(port, "/api/v1/cgroup" + query)
                #expect(unclear?.status == "HTTP/1.1 400 Bad Request", "\(query)")
            }
        }
    }

    @Test func explainRequestReturnsVerdictAndFindings() async throws {
        try await TestServer.run(StubSource(ExporterFixtures.hostile())) { port in
            let one = try Self.object(
                try await LoopbackClient.send(port, "/api/v1/explain?cgroup=%2Fsay+%22hi%22"))
            #expect(one["cgroup"] as? String == "/say \"hi\"")
            #expect(one["verdict"] as? String != nil)
            let findings = try #require(one["findings"] as? [Object])
            #expect(findings.first?["text"] as? String == one["verdict"] as? String)
            for (query, status) in [
                ("?cgroup=/none", "404 Not Found"), ("", "400 Bad Request"),
                ("?cgroup%zz=/", "400 Bad Request"),
            ] {
                let answer = try await LoopbackClient.send(port, "/api/v1/explain" + query)
                #expect(answer?.status == "HTTP/1.1 \(status)", "\(query)")
            }
        }
    }

    /// A misspelled parameter would be answered with the present.
    @Test func unknownParametersOfTheAPIAreRefused() async throws {
        try await TestServer.run { port in
            for (target, name) in [
                ("/api/v1/snapshot?since=-5m", "since"), ("/api/v1/stream?from=1", "from"),
                ("/api/v1/metrics?x", "x"), ("/api/v1/cgroup?path=/&at=-5m", "at"),
                ("/api/v1/explain?cgroup=/&path=/", "path"),
                ("/api/v1/snapshot?%0a%1b[2J", #"\x0a\x1b[2J"#),
            ] {
                let response = try await LoopbackClient.send(port, target)
                #expect(response?.status == "HTTP/1.1 400 Bad Request", "\(target)")
                let body = String(decoding: response?.body ?? [], as: UTF8.self)
                #expect(body.hasPrefix("unknown parameter \(name); "), "\(body)")
            }
            // Parameters added by scrapers are ignored on these paths.
            for target in ["/metrics?x=1", "/metrics/cadvisor?x=1", "/api/v1/snapshot?"] {
                let response = try await LoopbackClient.send(port, target)
                #expect(response?.status == "HTTP/1.1 200 OK", "\(target)")
            }
        }
    }

    @Test func metricsRequestDescribesEveryMetric() async throws {
        try await TestServer.run { port in
            let names = try Self.object(try await LoopbackClient.send(port, "/api/v1/metrics"))
            #expect(Set(names.keys) == Set(MetricCatalog.all.map(\.name)))
            let usage = try #require(names["memory.current"] as? [String: Any])
            #expect(usage["unit"] as? String == "bytes" && usage["kind"] as? String == "gauge")
            #expect((usage["help"] as? String)?.isEmpty == false)
            #expect(usage["aliases"] as? [String] == ["memory.usage", "memory.usage_in_bytes"])
        }
    }

    @Test func snapshotBeforeTheFirstSampleIsUnavailable() async throws {
        try await TestServer.run(StubSource(nil)) { port in
            for path in ["/api/v1/snapshot", "/api/v1/cgroup?path=/"] {
                let response = try await LoopbackClient.send(port, path)
                #expect(response?.status == "HTTP/1.1 503 Service Unavailable")
            }
        }
    }
}
#endif
