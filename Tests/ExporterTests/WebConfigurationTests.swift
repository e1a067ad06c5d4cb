import Configuration
import KernelIO
import TestSupport
import Testing

@testable import Exporter

@Suite struct WebConfigurationTests {
    private func read(_ text: String) throws -> WebConfiguration {
        try WebConfiguration(Array(text.utf8), file: "w.yml", directory: "/etc/w")
    }

    @Test func everyKeyIsAccepted() throws {
        let configuration = try read(
            """
            tls_server_config:
              cert_file: server.pem
              key_file: /keys/server.key
              client_ca_file: ca.pem
              client_auth_type: RequireAndVerifyClientCert
              client_allowed_sans: [prometheus, 10.0.0.1]
              min_version: TLS12
              max_version: TLS13
              cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_AES_128_GCM_SHA256]
              curve_preferences: [X25519, CurveP256]
              prefer_server_cipher_suites: true
            http_server_config:
              http2: false
              headers:
                X-Frame-Options: deny
                Strict-Transport-Security: max-age=31536000
                X-XSS-Protection:
            basic_auth_users:
              prometheus: \(WebFixture.hash)
            rate_limit: {interval: 1m30s, burst: 5}
            """)
        let security = try #require(configuration.tls)
        #expect(security.certificate == .file("/etc/w/server.pem"))
        #expect(security.key == .file("/keys/server.key"))
        #expect(security.clientAuthorities == .file("/etc/w/ca.pem"))
        #expect(security.clientPolicy == .requiredAndVerified)
        #expect(security.allowedNames == ["prometheus", "10.0.0.1"])
        #expect(security.oldest == .tls12)
        #expect(security.newest == .tls13)
        #expect(security.olderCiphers == ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"])
        #expect(security.curves == [.x25519, .p256])
        #expect(
            configuration.headers == [
                "X-Frame-Options": "deny", "Strict-Transport-Security": "max-age=31536000",
            ])
        #expect(configuration.users["prometheus"]?.text == WebFixture.hash)
        #expect(configuration.users["prometheus"]?.cost == 4)
        #expect(configuration.rateLimit == .init(interval: .seconds(90), burst: 5))
    }

    @Test(arguments: ["", "{}", "tls_server_config:\nbasic_auth_users:\nrate_limit:\n", "---\n"])
    func emptyFileMeansPlainHTTPWithoutPasswords(_ text: String) throws {
        #expect(try read(text) == WebConfiguration())
    }

    @Test func rateLimitWithoutIntervalIsUnlimited() throws {
        #expect(try read("rate_limit: {interval: 0, burst: 0}").rateLimit == nil)
    }

    @Test(arguments: [
        ("basic_auth_user: {}", "1:1: unknown key 'basic_auth_user'; did you mean"),
        ("tls_server_config: {cert_fil: a}", "1:21: unknown key 'cert_fil'; did you mean 'cert_f"),
        ("tls_server_config: {min_version: TLS13}", "1:20: tls_server_config needs cert_file"),
        ("tls_server_config: {cert_file: a}", "1:20: tls_server_config needs key_file"),
        (
            "tls_server_config: {cert_file: a, cert: b, key_file: c}",
            "1:35: cert and cert_file are both given"
        ),
        (
            "tls_server_config: {cert_file: a, key_file: b, client_ca_file: c}",
            "1:48: client_ca_file without client_auth_type"
        ),
        (
            "tls_server_config: {cert_file: a, key_file: b, client_ca: c}",
            "1:48: client_ca without client_auth_type"
        ),
        (
            "tls_server_config: {cert_file: a, key_file: b, client_allowed_sans: [c]}",
            "1:48: client_allowed_sans without client_auth_type"
        ),
        (
            "tls_server_config: {cert_file: a, key_file: b, client_auth_type: Require}",
            "1:66: client_auth_type cannot be 'Require'"
        ),
        (
            "tls_server_config: {cert_file: a, key_file: b, min_version: TLS14}",
            "1:61: min_version cannot be 'TLS14'; did you mean 'TLS10'?"
        ),
        (
            "tls_server_config: {cert_file: a, key_file: b, min_version: TLS13, max_version: TLS12}",
            "1:48: min_version TLS13 is newer than max_version TLS12"
        ),
        (
            "tls_server_config: {cert_file: a, key_file: b, cipher_suites: [RC4]}",
            "1:64: cipher suite cannot be 'RC4'; valid: TLS_"
        ),
        (
            "tls_server_config: {cert_file: a, key_file: b, cipher_suites: [TLS_AES_128_GCM_SHA256]}",
            "1:48: cipher_suites has none for TLS 1.2"
        ),
        (
            "tls_server_config: {cert_file: a, key_file: b, prefer_server_cipher_suites: false}",
            "1:77: prefer_server_cipher_suites: false is not supported"
        ),
        ("http_server_config: {http2: true}", "1:29: http2: true is not supported"),
        ("http_server_config: {headers: {Server: x}}", "1:32: unknown key 'Server'"),
        (
            "http_server_config: {headers: {X-Frame-Options: no}}",
            "X-Frame-Options cannot be 'no'; valid: deny"
        ),
        (
            "http_server_config: {headers: {X-XSS-Protection: \"a\\r\\nb\"}}",
            "1:50: X-XSS-Protection must be one line"
        ),
        ("basic_auth_users: {a: secret}", "1:23: not a bcrypt hash"),
        ("basic_auth_users: {\"a:b\": x}", "1:20: a user's name cannot contain a colon"),
        ("rate_limit: {interval: 1}", "1:24: rate_limit.interval must be a time"),
        ("rate_limit: {interval: 1s}", "1:13: rate_limit.burst is 0"),
        ("rate_limit: {burst: -1}", "1:21: rate_limit.burst must be a number"),
    ])
    func errorIsReportedWithItsPosition(_ text: String, _ message: String) {
        let error = #expect(throws: ConfigError.self) { try read(text) }
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
        #expect(error?.description.hasPrefix("w.yml:1:") == true)
        #expect(error?.description.contains("secret") == false)
    }

    @Test(arguments: [
        ("0", Duration.zero), ("1s", .seconds(1)), ("1m30s", .seconds(90)),
        ("200ms", .milliseconds(200)), ("1.5h", .seconds(5400)),
    ])
    func goDurationsAreParsed(_ text: String, _ time: Duration) {
        #expect(GoDuration.parse(text) == time)
    }

    @Test(arguments: ["", "1", "s", "1 s", "1x", "-1s", "1.2.3s", "999999999999h", "١s"])
    func malformedGoDurationsAreRejected(_ text: String) { #expect(GoDuration.parse(text) == nil) }
}
