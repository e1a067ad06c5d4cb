#if Exporter
import Exporter
import Foundation
import TestSupport
import Testing

@Suite(
    .enabled(if: WebFixture.isPossible, "needs openssl and curl"), .timeLimit(.minutes(15)))
struct SecureServerTests {
    private let log = RecordedLog()

    private func serve(
        _ fixture: WebFixture, _ text: String,
        _ body: @escaping @Sendable (Int) async throws -> Void
    ) async throws {
        try fixture.write(text)
        try await TestServer.run(
            logger: log.logger, configure: { $0.webConfigurationFile = fixture.path("web.yml") },
            body)
    }

    private static let tls = """
        tls_server_config:
          cert_file: server.pem
          key_file: server.key

        """
    private static let users = """
        basic_auth_users:
          prometheus: \(WebFixture.hash)

        """
    private static let known = ["-u", "prometheus:\(WebFixture.password)"]

    private static func mutual(_ policy: String, _ more: String = "") -> String {
        tls + "  client_ca_file: ca.pem\n  client_auth_type: \(policy)\n" + more
    }

    /// The options that present a certificate.
    private static func with(_ fixture: WebFixture, _ name: String) -> [String] {
        ["--cert", fixture.path("\(name).pem"), "--key", fixture.path("\(name).key")]
    }

    @Test func metricsNeedThePasswordOverTLS() async throws {
        let fixture = try await WebFixture()
        try await serve(fixture, Self.tls + Self.users) { port async throws in
            let open = try await fixture.curl(port, Self.known, path: "/metrics")
            #expect(open.status == "200")
            #expect(open.body.contains("cgroup_memory_current_bytes"))
            for options in [[], ["-u", "prometheus:wrong"], ["-u", "nobody:correct horse"]] {
                for path in ["/metrics", "/-/healthy", "/nothing"] {
                    let refused = try await fixture.curl(port, options + ["-i"], path: path)
                    #expect(refused.status == "401")
                    #expect(refused.body.contains("WWW-Authenticate: Basic realm=\"cgwarden\""))
                    #expect(!refused.body.contains("cgroup_"))
                }
            }
            // Neither plain HTTP nor an unknown CA is accepted.
            let plain = try? await LoopbackClient.send(port, "/metrics")
            #expect(plain?.status.contains(" 200 ") != true)
            let system = try await fixture.curl(
                port, ["--cacert", "/etc/ssl/certs/ca-certificates.crt"])
            #expect(system.status.hasPrefix("curl "))
        }
        #expect(log.lines.contains { $0.hasPrefix("info: serving https://127.0.0.1:") })
    }

    @Test func oldTLSVersionsAreRefused() async throws {
        let fixture = try await WebFixture()
        try await serve(fixture, Self.tls + "  min_version: TLS13\n") { port async throws in
            #expect(try await fixture.curl(port, ["--tls-max", "1.2"]).status.hasPrefix("curl "))
            #expect(try await fixture.curl(port, ["--tlsv1.3"]).status == "200")
        }
        try await serve(
            fixture,
            Self.tls + """
                  max_version: TLS12
                  cipher_suites: [TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256]
                  curve_preferences: [CurveP384]

                """
        ) { port async throws in
            #expect(try await fixture.curl(port, ["--tlsv1.3"]).status.hasPrefix("curl "))
            #expect(try await fixture.curl(port).status == "200")
            let cipher = ["--ciphers", "ECDHE-ECDSA-AES128-GCM-SHA256", "--tls-max", "1.2"]
            #expect(try await fixture.curl(port, cipher).status.hasPrefix("curl "))
            #expect(try await fixture.curl(port, ["--curves", "P-256"]).status.hasPrefix("curl "))
            #expect(try await fixture.curl(port, ["--curves", "P-384:P-256"]).status == "200")
        }
    }

    @Test func cipherSuitesWithoutForwardSecrecyAreRefused() async throws {
        let fixture = try await WebFixture()
        try await fixture.certify("rsa", "DNS:localhost", isRSA: true)
        let text = "tls_server_config: {cert_file: rsa.pem, key_file: rsa.key%}\n"
        @Sendable func cipher(_ name: String) -> [String] {
            ["--tls-max", "1.2", "--ciphers", "\(name):@SECLEVEL=0"]
        }
        try await serve(fixture, text.replacing("%", with: "")) { port async throws in
            for name in ["AES128-GCM-SHA256", "AES256-GCM-SHA384", "AES128-SHA", "AES256-SHA"] {
                let answer = try await fixture.curl(port, cipher(name))
                #expect(answer.status.hasPrefix("curl "), "\(name) \(answer)")
            }
            for name in [
                "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384",
                "ECDHE-RSA-CHACHA20-POLY1305",
            ] { #expect(try await fixture.curl(port, cipher(name)).status == "200", "\(name)") }
            #expect(
                try await fixture.curl(port, ["--tlsv1.1", "--tls-max", "1.1"]).status != "200")
        }
        // It has to be named explicitly.
        let named = text.replacing("%", with: ", cipher_suites: [TLS_RSA_WITH_AES_128_GCM_SHA256]")
        try await serve(fixture, named) { port async throws in
            #expect(try await fixture.curl(port, cipher("AES128-GCM-SHA256")).status == "200")
        }
    }

    @Test func readableKeyIsReportedOnce() async throws {
        let fixture = try await WebFixture()
        func permit(_ mode: Int, _ name: String = "server.key") throws {
            try FileManager.default.setAttributes(
                [.posixPermissions: mode], ofItemAtPath: fixture.path(name))
        }
        func warnings() -> [String] { log.lines.filter { $0.hasPrefix("warning: other users") } }
        try permit(0o640)
        try await serve(fixture, Self.tls) { port async throws in
            #expect(try await fixture.curl(port).status == "200")
        }
        #expect(warnings().isEmpty)
        try permit(0o644)
        try await serve(fixture, Self.tls) { port async throws in
            for _ in 0..<2 { #expect(try await fixture.curl(port).status == "200") }
        }
        #expect(warnings().count == 1)
        #expect(warnings().first?.contains(fixture.path("server.key")) == true)
    }

    @Test func configuredHeaderReplacesThePagesOwn() async throws {
        let fixture = try await WebFixture()
        try await serve(
            fixture,
            """
            http_server_config:
              headers:
                Content-Security-Policy: "default-src 'self'"
                X-Content-Type-Options: nosniff
                X-Frame-Options: deny

            """
        ) { port async throws in
            for path in ["/", "/api/v1/snapshot", "/metrics"] {
                let answer = try #require(try await LoopbackClient.send(port, path))
                // Repeated headers are joined with a comma.
                #expect(answer.headers["content-security-policy"] == "default-src 'self'")
                #expect(answer.headers["x-content-type-options"] == "nosniff")
                #expect(answer.headers["x-frame-options"] == "deny")
            }
        }
    }

    @Test func thirtyGuessingClientsDoNotLockOutANewScraper() async throws {
        let fixture = try await WebFixture()
        let dear = WebFixture.hash.replacing("$04$", with: "$08$")
        let users = "basic_auth_users: {guessed: \(dear), prometheus: \(WebFixture.hash)}\n"
        try await serve(fixture, users) { port async throws in
            func ask(_ name: String, _ password: String) async throws -> String? {
                let credentials = Data("\(name):\(password)".utf8).base64EncodedString()
                return try await LoopbackClient.send(
                    port, "/metrics", ["Authorization": "Basic \(credentials)"])?.status
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for guesser in 0..<30 {
                    group.addTask {
                        var number = 0
                        while !Task.isCancelled {
                            number += 1
                            _ = try await ask("guessed", "\(guesser)-\(number)")
                        }
                    }
                }
                // Until they are at it.
                for number in 0..<3 { _ = try await ask("guessed", "first-\(number)") }
                let status = try await ask("prometheus", WebFixture.password)
                #expect(status == "HTTP/1.1 200 OK")
                group.cancelAll()
                while let _ = await group.nextResult() {}
            }
        }
    }

    @Test func clientsNeedACertificateOfTheCA() async throws {
        let fixture = try await WebFixture()
        try await fixture.certify("client", "DNS:prometheus")
        try await fixture.certify("stranger", "DNS:prometheus", authority: "server")
        // No certificate, one of the CA, one of another CA.
        let table: [(policy: String, none: Bool, client: Bool, stranger: Bool)] = [
            ("RequireAndVerifyClientCert", false, true, false),
            ("VerifyClientCertIfGiven", true, true, false),
            ("RequireAnyClientCert", false, true, true), ("RequireClientCert", false, true, true),
            ("RequestClientCert", true, true, true),
        ]
        for row in table {
            try await serve(fixture, Self.mutual(row.policy)) { port async throws in
                let none = try await fixture.curl(port)
                let client = try await fixture.curl(port, Self.with(fixture, "client"))
                let stranger = try await fixture.curl(port, Self.with(fixture, "stranger"))
                #expect((none.status == "200") == row.none, "\(row.policy): \(none)")
                #expect((client.status == "200") == row.client, "\(row.policy): \(client)")
                #expect((stranger.status == "200") == row.stranger, "\(row.policy): \(stranger)")
            }
        }
    }

    @Test func clientsNeedAnAllowedSAN() async throws {
        let fixture = try await WebFixture()
        let names = [
            "DNS:other,DNS:prometheus", "IP:10.1.2.3", "IP:2001:db8::1", "email:a@b.example",
            "URI:spiffe://fleet/prometheus", "DNS:prometheus.example,IP:10.1.2.4",
        ]
        for (number, name) in names.enumerated() {
            try await fixture.certify("client\(number)", name)
        }
        let allowed =
            "  client_allowed_sans: [prometheus, 10.1.2.3, '2001:db8::1', a@b.example, "
            + "'spiffe://fleet/prometheus']\n"
        try await serve(fixture, Self.mutual("RequireAndVerifyClientCert", allowed)) {
            port async throws in
            for number in names.indices {
                let answer = try await fixture.curl(port, Self.with(fixture, "client\(number)"))
                #expect((answer.status == "200") == (number < 5), "\(names[number]): \(answer)")
            }
        }
    }

    @Test func changedFilesApplyFromTheNextConnection() async throws {
        let fixture = try await WebFixture()
        try await serve(fixture, Self.tls + Self.users) { port async throws in
            #expect(try await fixture.curl(port, Self.known).status == "200")
            // A certificate for another name: the client no longer trusts the server.
            try await fixture.certify("server", "DNS:elsewhere")
            #expect(try await fixture.curl(port, Self.known).status == "curl 60")
            try await fixture.certify("server", "DNS:localhost")
            #expect(try await fixture.curl(port, Self.known).status == "200")
            // Another user, on a connection that is open already.
            let other = Self.tls + "basic_auth_users: {somebody: \(WebFixture.hash)}\n"
            try fixture.write(other)
            #expect(try await fixture.curl(port, Self.known).status == "401")
            let password = WebFixture.password
            #expect(try await fixture.curl(port, ["-u", "somebody:\(password)"]).status == "200")
        }
    }

    @Test func invalidFileKeepsTheOldConfigurationAndIsReportedOnce() async throws {
        let fixture = try await WebFixture()
        let good = Self.tls + Self.users
        try await serve(fixture, good) { [log] port in
            func expectUnchanged(_ words: String) async throws {
                for _ in 0..<3 {
                    #expect(try await fixture.curl(port, Self.known).status == "200")
                    #expect(try await fixture.curl(port).status == "401")
                }
                let told = log.lines.filter { $0.hasPrefix("error: ") && $0.contains(words) }
                #expect(told.count == 1, "\(log.lines)")
            }
            #expect(try await fixture.curl(port, Self.known).status == "200")
            try fixture.write(good + "basic_auth: 1\n")
            try await expectUnchanged("web.yml:6:1: unknown key 'basic_auth'")
            // A partially written file.
            try fixture.write("")
            try await expectUnchanged("no longer requires TLS")
            try fixture.write(Self.tls)
            try await expectUnchanged("no longer requires passwords")
            try FileManager.default.removeItem(atPath: fixture.path("web.yml"))
            try await expectUnchanged("cannot open")
            try fixture.write(good)
            #expect(try await fixture.curl(port, Self.known).status == "200")
            try fixture.write("nonsense", "server.pem")
            try await expectUnchanged("server.pem has no certificate in PEM format")
            // The certificate comes first, and its key a moment later.
            let key = try String(contentsOfFile: fixture.path("server.key"), encoding: .utf8)
            try await fixture.certify("server", "DNS:localhost")
            let newKey = try String(contentsOfFile: fixture.path("server.key"), encoding: .utf8)
            try fixture.write(key, "server.key")
            try await expectUnchanged("cannot be used together")
            try fixture.write(newKey, "server.key")
            #expect(try await fixture.curl(port, Self.known).status == "200")
            #expect(log.lines.last == "info: web configuration reloaded")
        }
    }

    @Test(arguments: [
        (
            "tls_server_config: {cert_file: server.pem, key_file: ca.key}\n",
            "cannot be used together"
        ),
        ("tls_server_config: {cert_file: none.pem, key_file: server.key}\n", "none.pem"),
        ("tls_server_config: {cert_file: server.key, key_file: server.key}\n", "no certificate"),
        (
            "tls_server_config: {cert_file: server.pem, key_file: server.pem}\n",
            "server.pem has no unencrypted private key in PEM format"
        ),
        (
            "tls_server_config: {cert: none, key_file: server.key}\n",
            "cert has no certificate in PEM format"
        ),
        (
            "tls_server_config: {cert_file: server.pem, key: none}\n",
            "key has no unencrypted private key in PEM format"
        ),
        (
            tls + "  client_ca: none\n  client_auth_type: RequireAndVerifyClientCert\n",
            "client_ca has no certificate in PEM format"
        ),
        (
            tls + "  curve_preferences: [X25519, X25519]\n",
            "TLS cannot be set up: DUPLICATE"
        ),
        (
            mutual("RequireAndVerifyClientCert").replacing("ca.pem", with: "ca.key"),
            "no certificate"
        ),
        ("basic_auth_users: {a: b}\n", "web.yml:1:23: not a bcrypt hash"),
    ])
    func unusableFilesAreReportedAtStartup(_ text: String, _ words: String) async throws {
        let fixture = try await WebFixture()
        let error = await #expect(throws: ServerError.self) {
            try await serve(fixture, text) { _ in }
        }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
        #expect(error?.description.contains("\n") == false)
    }

    @Test func certificatesMayBeInline() async throws {
        let fixture = try await WebFixture()
        func text(_ name: String) throws -> String {
            try String(contentsOfFile: fixture.path(name), encoding: .utf8)
                .split(separator: "\n").map { "    \($0)\n" }.joined()
        }
        let whole =
            "tls_server_config:\n  cert: |\n" + (try text("server.pem")) + "  key: |\n"
            + (try text("server.key"))
        try await serve(fixture, whole) { port async throws in
            #expect(try await fixture.curl(port).status == "200")
        }
    }

    @Test func headersAndRateLimitApply() async throws {
        let fixture = try await WebFixture()
        let text = """
            http_server_config:
              headers: {X-Frame-Options: deny, X-Content-Type-Options: nosniff}
            rate_limit: {interval: 1h, burst: 3}

            """
        try await serve(fixture, text + Self.users) { port async throws in
            for status in ["401 Unauthorized", "401 Unauthorized", "401 Unauthorized"] {
                let answer = try #require(try await LoopbackClient.send(port, "/metrics"))
                #expect(answer.status == "HTTP/1.1 \(status)")
                #expect(answer.headers["x-frame-options"] == "deny")
                #expect(answer.headers["x-content-type-options"] == "nosniff")
            }
            let answer = try #require(try await LoopbackClient.send(port, "/-/healthy"))
            #expect(answer.status == "HTTP/1.1 429 Too Many Requests")
        }
    }
}
#endif
