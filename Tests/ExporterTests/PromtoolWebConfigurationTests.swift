import Configuration
import Foundation
import TestSupport
import Testing

@testable import Exporter

/// Configurations that `promtool check web-config` accepts are supported, or reported.
@Suite(
    .enabled(if: Tool.promtool && WebFixture.isPossible, "needs promtool, openssl and curl"))
struct PromtoolWebConfigurationTests {
    private static let tls = "tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n"
    private static let user = "basic_auth_users: {a: \(WebFixture.hash)}\n"

    /// Accepted there; `unsupported` here if so marked.
    private static let good: [(text: String, unsupported: Bool)] = [
        ("", false), (tls, false), (user, false), (tls + user, false),
        (tls + "  client_ca_file: ca.pem\n  client_auth_type: RequireAndVerifyClientCert\n", false),
        (tls + "  client_ca_file: ca.pem\n  client_auth_type: VerifyClientCertIfGiven\n", false),
        (tls + "  client_auth_type: RequestClientCert\n", false),
        (tls + "  client_auth_type: NoClientCert\n", false),
        (tls + "  min_version: TLS10\n  max_version: TLS12\n", false),
        (tls + "  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]\n", false),
        (tls + "  curve_preferences: [CurveP521, X25519]\n", false),
        (tls + "  prefer_server_cipher_suites: true\n", false),
        (tls + "  prefer_server_cipher_suites: false\n", true),
        (tls + "http_server_config: {http2: false}\n", false),
        (tls + "http_server_config: {http2: true}\n", true),
        ("http_server_config: {headers: {X-Frame-Options: sameorigin}}\n", false),
        (
            "http_server_config:\n  headers:\n    Content-Security-Policy: default-src 'self'\n",
            false
        ),
        ("tls_server_config:\nhttp_server_config:\n", false),
    ]

    /// Refused by both.
    private static let bad = [
        "unknown: 1\n", "basic_auth_users: {a: secret}\n", tls + "  min_version: TLS9\n",
        "tls_server_config: {cert_file: server.pem}\n", tls + "  cipher_suites: [NONE]\n",
        tls + "  client_ca_file: ca.pem\n", tls + "  client_auth_type: Sometimes\n",
        tls + "  curve_preferences: [CurveP1]\n", tls + tls,
        "http_server_config: {headers: {Server: x}}\n", "tls_server_config: [a]\n", "a: [\n",
        "http_server_config: {headers: {X-Frame-Options: maybe}}\n",
        "tls_server_config: {cert_file: none.pem, key_file: server.key}\n",
    ]

    private func isGood(_ fixture: WebFixture, _ text: String) async throws -> Bool {
        try fixture.write(text)
        return try await ProgramRun.apart(
            "promtool", ["check", "web-config", fixture.path("web.yml")]
        ).status == 0
    }

    private func error(_ fixture: WebFixture, _ text: String) -> String? {
        var files = WatchedFiles()
        do {
            _ = try WebAccess.Rules(reading: fixture.path("web.yml"), &files)
            return nil
        } catch {
            return error.description
        }
    }

    @Test func configurationsThatPromtoolAcceptsAreSupportedOrReported() async throws {
        let fixture = try await WebFixture()
        for (text, isUnsupported) in Self.good {
            #expect(try await isGood(fixture, text), "\(text)")
            let message = error(fixture, text)
            #expect((message == nil) == !isUnsupported, "\(text): \(message ?? "")")
            if isUnsupported { #expect(message?.contains(" not supported") == true) }
        }
    }

    @Test func configurationsThatPromtoolRejectsAreRejected() async throws {
        let fixture = try await WebFixture()
        for text in Self.bad {
            #expect(try await !isGood(fixture, text), "\(text)")
            #expect(error(fixture, text)?.contains("\n") == false, "\(text)")
        }
    }

    @Test func exampleIsValid() async throws {
        let example = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../config/web.example.yml")
        let fixture = try await WebFixture()
        let text = try String(contentsOf: example, encoding: .utf8)
        try await fixture.certify("cgwarden", "DNS:localhost")
        #expect(try await isGood(fixture, text.replacing("/etc/cgwarden/", with: "")))
        #expect(error(fixture, text) == nil)
    }
}
