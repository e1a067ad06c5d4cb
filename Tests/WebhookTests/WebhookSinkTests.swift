#if Exporter
import Enforcement
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import PolicyLanguage
import Synchronization
import Testing
import WebClient

@testable import Webhook

@Suite final class WebhookSinkTests {
    private let directory = NSTemporaryDirectory() + "cgwarden-webhook-\(UUID().uuidString)"
    private let reasons = Reasons()

    private final class Reasons: Sendable {
        private let texts = Mutex<[String]>([])
        var all: [String] { texts.withLock { $0 } }
        func add(_ text: String) { texts.withLock { $0.append(text) } }
    }

    init() throws {
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    private func sink(
        _ port: Int, scheme: String = "http", host: String = "127.0.0.1", tokenFile: String? = nil,
        timeout: Duration = .seconds(60), certificates: String? = nil
    ) throws -> WebhookSink {
        WebhookSink(
            try #require(WebURL("\(scheme)://\(host):\(port)/hook?x=1")), tokenFile: tokenFile,
            timeout: timeout, certificates: certificates,
            pauses: [.milliseconds(10), .milliseconds(20)],
            failed: { [reasons] in reasons.add($0) })
    }

    private func notice(_ text: String = "frozen \"db\"\n") -> Notice {
        Notice(
            sinks: ["pager"], level: .warning, text: text,
            fields: ["CGWARDEN_RULE": "r", "CGWARDEN_CAUSE_JSON": #"{"text":"x > 1"}"#])
    }

    private func send(_ sink: WebhookSink, _ notices: Notice...) {
        for notice in notices { sink.send(notice) }
        #expect(sink.waitUntilSent(within: .seconds(120)))
    }

    @Test func noticeIsPostedAsJSON() throws {
        let pager = try FakePager(.status(204))
        let sink = try sink(pager.port)
        send(sink, notice())
        #expect(pager.received.count == 1 && sink.dropped == 0)
        let request = try #require(pager.received.first)
        #expect(request.head.method == .POST && request.head.uri == "/hook?x=1")
        #expect(request.head.headers["Content-Type"] == ["application/json"])
        #expect(request.head.headers["Host"] == ["127.0.0.1:\(pager.port)"])
        #expect(request.head.headers["Authorization"].isEmpty)
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(request.body.utf8)) as? [String: Any])
        #expect(object["text"] as? String == #"frozen "db"\x0a"#)
        #expect(object["level"] as? String == "warning" && object["rule"] as? String == "r")
        #expect((object["cause"] as? [String: Any])?["text"] as? String == "x > 1")
        let time = try #require(object["time"] as? Double)
        #expect(abs(time - Date().timeIntervalSince1970) < 60)
    }

    @Test func tokenIsRereadForEachNotice() throws {
        let file = "\(directory)/token"
        let pager = try FakePager(.status(200))
        let sink = try sink(pager.port, tokenFile: file)
        try Data("first\n".utf8).write(to: URL(filePath: file))
        send(sink, notice())
        try Data("second".utf8).write(to: URL(filePath: file))
        send(sink, notice())
        #expect(
            pager.received.map { $0.head.headers["Authorization"] } == [
                ["Bearer first"], ["Bearer second"],
            ])
        // Without the token nothing is sent.
        try FileManager.default.removeItem(atPath: file)
        send(sink, notice())
        #expect(pager.received.count == 2 && sink.dropped == 1)
        #expect(reasons.all.first?.contains("token") == true)
    }

    @Test func temporaryFailureIsRetried() throws {
        let pager = try FakePager(.status(503), .hangUp, .status(200))
        let sink = try sink(pager.port)
        send(sink, notice())
        #expect(pager.received.count == 3 && sink.dropped == 0)
        // Reported immediately and once: it was reported only when a notice was given up.
        let told = "webhook 127.0.0.1:\(pager.port) failed: HTTP 503; trying again"
        #expect(reasons.all == [told])
    }

    @Test func permanentRejectionIsNotRetried() throws {
        let pager = try FakePager(.status(403))
        let sink = try sink(pager.port)
        send(sink, notice())
        #expect(pager.received.count == 1 && sink.dropped == 1)
        let told = "webhook 127.0.0.1:\(pager.port) failed: HTTP 403; the notice is lost"
        #expect(reasons.all == [told])
    }

    @Test func silentOrMissingServerIsGivenUp() throws {
        // On a slow machine a short timeout ends before the request is there.
        for timeout in [Duration.milliseconds(200), .seconds(2), .seconds(20)] {
            let pager = try FakePager(.silence)
            let silent = try sink(pager.port, timeout: timeout)
            silent.send(notice())
            #expect(silent.waitUntilSent(within: .seconds(120)))
            #expect(silent.dropped == 1)
            #expect(reasons.all.last?.contains("no response within") == true)
            let attempts = pager.received.count
            #expect(attempts <= 3)
            if attempts == 3 { break }
            try #require(timeout < .seconds(20), "\(attempts) attempts")
        }
        let absent = try sink(1)
        send(absent, notice())
        #expect(absent.dropped == 1)
    }

    /// The sender would wait for the timeout.
    @Test(.timeLimit(.minutes(5))) func senderNeverBlocksAndOldestNoticesAreDropped() throws {
        let pager = try FakePager(.silence)
        let sink = try sink(pager.port, timeout: .seconds(600))
        for number in 0..<1000 { sink.send(notice("\(number)")) }
        // One is being sent, and 256 are queued.
        #expect((743...744).contains(sink.dropped))
    }

    private static let openssl = "/usr/bin/openssl"

    /// A certificate for 127.0.0.1 and `localhost` that vouches for itself.
    private func certificate() throws -> (certificate: String, security: NIOSSLContext) {
        let process = Process()
        process.executableURL = URL(filePath: Self.openssl)
        process.arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-keyout", "\(directory)/key.pem", "-out", "\(directory)/cert.pem", "-days", "2",
            "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
        ]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        let certificates = try NIOSSLCertificate.fromPEMFile("\(directory)/cert.pem")
        let key = try NIOSSLPrivateKey(file: "\(directory)/key.pem", format: .pem)
        let configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: certificates.map { .certificate($0) }, privateKey: .privateKey(key))
        return ("\(directory)/cert.pem", try NIOSSLContext(configuration: configuration))
    }

    @Test(
        .enabled(
            if: FileManager.default.isExecutableFile(atPath: openssl), "needs openssl"),
        arguments: ["localhost", "127.0.0.1"])
    func certificateIsVerified(_ host: String) throws {
        let (file, security) = try certificate()
        let pager = try FakePager(.status(200), security: security)
        let trusting = try sink(
            pager.port, scheme: "https", host: host, certificates: file)
        send(trusting, notice())
        #expect(pager.received.count == 1 && trusting.dropped == 0, "\(reasons.all)")
        let doubting = try sink(pager.port, scheme: "https", host: host)
        send(doubting, notice())
        #expect(pager.received.count == 1 && doubting.dropped == 1)
        #expect(reasons.all.first?.contains("CERTIFICATE_VERIFY_FAILED") == true)
    }
}
#endif
