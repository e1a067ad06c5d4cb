#if Exporter
internal import CgroupModel
internal import KernelIO
internal import NIOCore
internal import NIOSSL

/// TLS settings ready for use: certificates and keys are loaded and match.
struct TLSContext: Sendable {
    /// The reason why TLS cannot be set up, on one line.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let context: NIOSSLContext
    private let settings: TLSSettings

    /// Loads the files; adds each to `files`, even if it cannot be used.
    init(_ settings: TLSSettings, _ files: inout WatchedFiles) throws(Failure) {
        self.settings = settings
        let chain = try Self.certificates(settings.certificate, "cert", &files)
        let key: NIOSSLPrivateKey = try Self.made(
            settings.key, "key", "unencrypted private key", &files
        ) {
            try NIOSSLPrivateKey(bytes: $0, format: .pem)
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = settings.oldest.ofNIOSSL
        configuration.maximumTLSVersion = settings.newest.ofNIOSSL
        configuration.cipherSuites = settings.suites.joined(separator: ":")
        if !settings.curves.isEmpty { configuration.curves = settings.curves.map(\.ofNIOSSL) }
        configuration.certificateVerification = settings.clientPolicy.verification
        if let authorities = settings.clientAuthorities {
            configuration.trustRoots = .certificates(
                try Self.certificates(authorities, "client_ca", &files))
        }
        configuration.applicationProtocols = ["http/1.1"]
        do {
            context = try NIOSSLContext(configuration: configuration)
        } catch {
            throw Self.failure(error, settings)
        }
    }

    /// Creates the TLS handler of one connection.
    func handler() -> NIOSSLServerHandler {
        // These two policies ask for a certificate but accept any.
        guard [.requested, .required].contains(settings.clientPolicy) else {
            return NIOSSLServerHandler(context: context)
        }
        return NIOSSLServerHandler(
            context: context,
            customVerificationCallback: { _, verdict in
                verdict.succeed(.certificateVerified)
            })
    }

    /// Whether a client with this certificate is allowed.
    func allows(_ certificate: NIOSSLCertificate?) -> Bool {
        guard let allowed = settings.allowedNames else { return true }
        return certificate.map { !allowed.isDisjoint(with: $0.alternativeNames) } ?? false
    }

    /// Whether the names in clients' certificates are checked.
    var checksNames: Bool { settings.allowedNames != nil }

    private static func failure(_ error: any Error, _ settings: TLSSettings) -> Failure {
        let reason = reason(error)
        // The key was parsed before, so it can fail here only if it does not match the certificate.
        let isMismatch =
            (error as? NIOSSLError) == .failedToLoadPrivateKey
            || ["KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH"].contains(reason)
        guard isMismatch else {
            return Failure(description: "TLS cannot be set up: \(reason)")
        }
        return Failure(
            description: "\(name(settings.certificate, "cert")) and "
                + "\(name(settings.key, "key")) cannot be used together; "
                + "the key must match the certificate")
    }

    /// Returns BoringSSL's name for the error, such as `KEY_VALUES_MISMATCH`; for other errors,
    /// their text.
    private static func reason(_ error: any Error) -> String {
        guard case .unknownError(let stack)? = error as? BoringSSLError, let first = stack.first
        else { return "\(error)".onOneLine }
        // Error: 185073780 error:0b000074:X.509…:OPENSSL_internal:KEY_VALUES_MISMATCH at …
        let text = first.description
        let head = text.firstRange(of: " at ").map { text[..<$0.lowerBound] } ?? text[...]
        return (head.split(separator: ":").last.map(String.init) ?? text).onOneLine
    }

    private static func certificates(
        _ source: TLSSettings.Source, _ setting: String, _ files: inout WatchedFiles
    ) throws(Failure) -> [NIOSSLCertificate] {
        let certificates = try made(source, setting, "certificate", &files) {
            try NIOSSLCertificate.fromPEMBytes($0)
        }
        guard certificates.isEmpty else { return certificates }
        throw Failure(description: "\(name(source, setting)) has no certificate in PEM format")
    }

    private static func made<Value>(
        _ source: TLSSettings.Source, _ setting: String, _ what: String,
        _ files: inout WatchedFiles,
        _ make: ([UInt8]) throws -> Value
    ) throws(Failure) -> Value {
        let bytes: [UInt8]
        switch source {
        case .inline(let text): bytes = Array(text.utf8)
        case .file(let path):
            do throws(FileRefusal) {
                bytes = try files.read(path)
            } catch {
                throw Failure(description: "\(source.key(for: setting)): \(error)")
            }
        }
        do {
            return try make(bytes)
        } catch {
            throw Failure(description: "\(name(source, setting)) has no \(what) in PEM format")
        }
    }

    private static func name(_ source: TLSSettings.Source, _ setting: String) -> String {
        if case .file(let path) = source { path } else { source.key(for: setting) }
    }
}

extension TLSSettings.ClientPolicy {
    fileprivate var verification: CertificateVerification {
        switch self {
        case .none: .none
        case .requested, .verifiedIfGiven: .optionalVerification
        case .required, .requiredAndVerified: .noHostnameVerification
        }
    }
}

extension TLSSettings.Version {
    fileprivate var ofNIOSSL: TLSVersion {
        switch self {
        case .tls10: .tlsv1
        case .tls11: .tlsv11
        case .tls12: .tlsv12
        case .tls13: .tlsv13
        }
    }
}

extension TLSSettings.Curve {
    fileprivate var ofNIOSSL: NIOTLSCurve {
        switch self {
        case .p256: .secp256r1
        case .p384: .secp384r1
        case .p521: .secp521r1
        case .x25519: .x25519
        }
    }
}
#endif
