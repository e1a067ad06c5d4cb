#if Exporter
import Foundation
import TestSupport
import Testing

@testable import Exporter

/// A page of another site whose name resolves to this host (DNS rebinding) reads nothing.
@Suite(.timeLimit(.minutes(1))) struct HostCheckTests {
    private let log = RecordedLog()

    private func status(
        _ port: Int, _ path: String, _ headers: [(String, String)], version: String = "1.1"
    ) async throws -> (status: String, body: String) {
        let lines =
            ["GET \(path) HTTP/\(version)", "Connection: close"]
            + headers.map { "\($0.0): \($0.1)" }
        let request = lines.joined(separator: "\r\n") + "\r\n\r\n"
        var bytes = try await LoopbackClient.exchange(port, Array(request.utf8))[...]
        let answer = try #require(RawResponse(&bytes, hasBody: true))
        return (String(answer.status.dropFirst("HTTP/1.1 ".count)), answer.text)
    }

    private static let pages = [
        "/", "/metrics", "/metrics/cadvisor", "/api/v1/snapshot", "/api/v1/cgroup?path=/",
        "/api/v1/explain?cgroup=/",
        "/api/v1/metrics", "/nothing",
    ]

    @Test func unknownHostIsRefusedWithAReason() async throws {
        try await TestServer.run(logger: log.logger, configure: { $0.machineName = "node7.lan" }) {
            port async throws in
            for path in Self.pages + ["/api/v1/stream"] {
                for host in [
                    "evil.example", "evil.example:\(port)", "127.0.0.1.evil.example",
                    "localhost.evil",
                    "node7.evil", "0x7f000001", "127.1", "user@localhost", "local host", "[::1",
                    "::1", "evil\u{202e}", "1.2.3.256",
                ] {
                    let answer = try await status(port, path, [("Host", host)])
                    #expect(answer.status == "421 Misdirected Request", "\(path) \(host)")
                    #expect(answer.body.split(separator: "\n").count == 1)
                    #expect(answer.body.contains("--web.allowed-hosts"))
                    #expect(!answer.body.contains("\u{202e}"))
                }
            }
            // It reveals nothing, and probes may use any name.
            #expect(
                try await status(port, "/-/healthy", [("Host", "pod.example")]).status == "200 OK")
        }
        let warnings = log.lines.filter { $0.hasPrefix("warning: refused") }
        #expect(warnings.count { $0.contains("'evil.example'") } == 1)
        #expect(!warnings.contains { $0.contains("\u{1b}") })
    }

    @Test func addressesAndOwnNamesAreAllowed() async throws {
        try await TestServer.run(configure: {
            $0.machineName = "Node7.lan"
            $0.allowedHosts = ["metrics.example.org", "*.cluster.example"]
        }) { port async throws in
            for host in [
                "127.0.0.1:\(port)", "localhost", "LOCALHOST.:80", "a.localhost", "10.1.2.3",
                "[::1]:1",
                "[2001:db8::1]", "node7", "node7.lan:\(port)", "metrics.example.org",
                "Metrics.Example.Org.", "a.cluster.example", "b.a.cluster.example:1",
            ] {
                for path in ["/metrics", "/api/v1/snapshot"] {
                    let answer = try await status(port, path, [("Host", host)])
                    #expect(answer.status == "200 OK", "\(host): \(answer.body)")
                }
            }
            for host in ["example.org", "cluster.example", "xcluster.example"] {
                let answer = try await status(port, "/metrics", [("Host", host)])
                #expect(answer.status == "421 Misdirected Request", "\(host)")
            }
            // A client without Host is not a browser; a request with two Hosts is ambiguous.
            #expect(try await status(port, "/metrics", []).status == "200 OK")
            #expect(try await status(port, "/metrics", [], version: "1.0").status == "200 OK")
            let two = [("Host", "localhost"), ("Host", "evil.example")]
            #expect(try await status(port, "/metrics", two).status == "400 Bad Request")
        }
        try await TestServer.run(configure: { $0.allowedHosts = ["*"] }) { port async throws in
            let answer = try await status(port, "/metrics", [("Host", "any.example")])
            #expect(answer.status == "200 OK")
        }
    }

    @Test func requestFromAnotherOriginIsRefused() async throws {
        try await TestServer.run(configure: { $0.allowedHosts = ["proxy.example"] }) {
            port async throws in
            func answer(_ origin: String) async throws -> String {
                try await status(
                    port, "/api/v1/snapshot", [("Host", "127.0.0.1:\(port)"), ("Origin", origin)]
                ).status
            }
            for origin in [
                "http://evil.example", "http://6.6.6.6", "null", "http://127.0.0.1:1", "", "evil",
                "http://localhost:\(port)",
            ] { #expect(try await answer(origin) == "403 Forbidden", "\(origin)") }
            for origin in ["http://127.0.0.1:\(port)", "https://proxy.example"] {
                #expect(try await answer(origin) == "200 OK", "\(origin)")
            }
        }
    }

    @Test(.enabled(if: WebFixture.isPossible, "needs openssl and curl"))
    func hostIsNotCheckedOverTLS() async throws {
        let fixture = try await WebFixture()
        try fixture.write("tls_server_config: {cert_file: server.pem, key_file: server.key}\n")
        try await TestServer.run(configure: {
            $0.webConfigurationFile = fixture.path("web.yml")
        }) { port async throws in
            let answer = try await fixture.curl(
                port, ["-H", "Host: any.example"], path: "/metrics")
            #expect(answer.status == "200")
        }
    }

    @Test(arguments: [
        ("*", true), ("node7", true), ("node7.example.org", true), ("*.example.org", true),
        ("a_b", true), ("10.0.0.1", true), ("", false), ("*.", false), ("a b", false),
        ("a:1", false),
        ("http://a", false), ("a/b", false), ("a*", false), ("[::1]", false), ("a\u{1b}", false),
    ]) func allowedHostsArePatternsOfNames(_ text: String, _ isPattern: Bool) {
        #expect(MetricsServer.isHostPattern(text) == isPattern)
    }

    @Test(arguments: [
        ("10.1.2.3", "10.1.2.3"), ("::ffff:10.1.2.3", "10.1.2.3"), ("::1", "0:0:0:0"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2"), ("2001:db8::1", "2001:db8:0:0"),
        ("fe80::1%eth0", "fe80:0:0:0"),
    ]) func clientIsAnAddressOrAnIPv6Network(_ address: String, _ name: String) {
        #expect(Client(address: address, isEncrypted: false).name == name)
    }
}
#endif
