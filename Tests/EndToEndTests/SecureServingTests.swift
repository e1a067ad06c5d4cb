import Foundation
import TestSupport
import Testing

/// The exporter behind TLS and passwords, and at sockets of all kinds.
@Suite(.serialized, .enabled(if: WebFixture.isPossible, "needs openssl and curl"))
struct SecureServingTests {
    @Test func metricsNeedACertificateAndAPassword() async throws {
        let fixture = try await WebFixture()
        try await fixture.certify("client", "DNS:prometheus")
        try await fixture.certify("other", "DNS:other")
        try fixture.write(
            """
            tls_server_config:
              cert_file: server.pem
              key_file: server.key
              client_ca_file: ca.pem
              client_auth_type: RequireAndVerifyClientCert
              client_allowed_sans: [prometheus]
            basic_auth_users:
              prometheus: \(WebFixture.hash)

            """)
        let capture = try ProgramCapture("v2")
        let server = try ServingProgram(
            "--root", capture.root, "--web.config.file", fixture.path("web.yml"))
        #expect(server.run.errors.contains("serving https://127.0.0.1:\(server.port)/metrics"))
        func asking(_ certificate: String?, _ password: String?) async throws -> String {
            var options = password.map { ["-u", "prometheus:\($0)"] } ?? []
            if let name = certificate {
                options += ["--cert", fixture.path("\(name).pem")]
                options += ["--key", fixture.path("\(name).key"), "--compressed"]
            }
            let answer = try await fixture.curl(server.port, options, path: "/metrics")
            #expect((answer.status == "200") == answer.body.contains("cgroup_memory_current_bytes"))
            return answer.status
        }
        #expect(try await asking("client", WebFixture.password) == "200")
        #expect(try await asking("client", "wrong") == "401")
        #expect(try await asking("client", nil) == "401")
        #expect(try await asking("other", WebFixture.password).hasPrefix("curl "))
        #expect(try await asking(nil, WebFixture.password).hasPrefix("curl "))
        server.run.send(SIGTERM)
        #expect(try server.run.result().status == 0)
    }

    @Test func invalidWebConfigurationIsReportedBeforeServing() async throws {
        let fixture = try await WebFixture()
        let capture = try ProgramCapture("v2")
        for (text, words) in [
            ("basic_auth_user: {}\n", "web.yml:1:1: unknown key 'basic_auth_user'; did you mean"),
            ("tls_server_config: {cert_file: no.pem, key_file: server.key}\n", "no.pem"),
        ] {
            try fixture.write(text)
            let result = try ProgramRun.cgwarden(
                "exporter", "--root", capture.root, "--web.listen-address", "127.0.0.1:0",
                "--web.config.file", fixture.path("web.yml"))
            #expect(result.status == 78)
            #expect(result.errors.contains(words), "\(result.errors)")
            #expect(!result.errors.contains("serving"))
        }
        let missing = try ProgramRun.cgwarden(
            "exporter", "--root", capture.root, "--web.config.file", "/nowhere/web.yml")
        #expect(missing.status == 78)
        #expect(missing.errors.contains("/nowhere/web.yml"))
    }

    @Test func exporterListensAtSeveralAddressesAndAPath() throws {
        let capture = try ProgramCapture("v2")
        let socket = "/dev/shm/cgwarden-test-\(UUID().uuidString.prefix(8)).sock"
        defer { try? FileManager.default.removeItem(atPath: socket) }
        let options = [
            "exporter", "--root", capture.root, "--web.listen-address", "unix:\(socket)",
            "--web.telemetry-path", "/m", "--web.disable-exporter-metrics",
        ]
        // The second time the socket of the first is still there.
        for _ in 0..<2 {
            let server = try ProgramRun(
                ProgramRun.cgwarden, options + ["--web.listen-address", "127.0.0.1:0"])
            let port = try awaiting("it serves; it said \(server.errors)") {
                ServingProgram.port(in: server.errors, at: "/m\"\n")
            }
            for place in [["--unix-socket", socket], []] {
                let result = try ProgramRun.run(
                    "curl", ["-sS", "--noproxy", "*", "http://127.0.0.1:\(port)/m"] + place)
                let told = "\(result.errors) \(server.errors)"
                #expect(result.output.contains("cgroup_memory_current_bytes"), "\(told)")
                #expect(result.output.contains("cgwarden_build_info"), "\(told)")
                #expect(!result.output.contains("process_"))
            }
            let second = try ProgramRun.run(ProgramRun.cgwarden, options)
            #expect(second.status == 69)
            #expect(second.errors.contains("unix:\(socket) is already in use"))
            server.send(SIGTERM)
            #expect(try server.result().status == 0)
        }
    }

    @Test(
        .enabled(
            if: ProgramRun.isInstalled("systemd-socket-activate"),
            "systemd-socket-activate is not installed"))
    func exporterUsesASystemdSocket() throws {
        let capture = try ProgramCapture("v2")
        let port = try ServingProgram("--root", capture.root).port
        let run = try ProgramRun(
            "systemd-socket-activate",
            [
                "-l", "127.0.0.1:\(port)", ProgramRun.cgwarden, "exporter", "--root", capture.root,
                "--web.systemd-socket",
            ])
        try awaiting("it listens") { run.errors.contains("Listening on") }
        // The connection that starts it is answered, too.
        let result = try ProgramRun.run(
            "curl", ["-sS", "--noproxy", "*", "http://127.0.0.1:\(port)/metrics"])
        #expect(result.output.contains("cgroup_memory_current_bytes"), "\(run.errors)")
        #expect(run.errors.contains("serving http://"))
        run.send(SIGTERM)
        #expect(try run.result().status == 0)
    }

    @Test func missingSystemdSocketIsReported() throws {
        let capture = try ProgramCapture("v2")
        for (environment, words) in [
            ([:], "no socket was passed"),
            (["LISTEN_PID": "1", "LISTEN_FDS": "1"], "were passed to process 1"),
        ] as [([String: String], String)] {
            let result = try ProgramRun.cgwarden(
                "exporter", "--root", capture.root, "--web.systemd-socket",
                environment: environment)
            #expect(result.status == 69)
            #expect(result.errors.contains("--web.systemd-socket: "))
            #expect(result.errors.contains(words), "\(result.errors)")
        }
    }
}
