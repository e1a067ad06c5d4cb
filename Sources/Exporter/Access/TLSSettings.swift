internal import Configuration

/// The section `tls_server_config` of the web configuration file.
struct TLSSettings: Hashable, Sendable {
    /// The source of a certificate or a key.
    enum Source: Hashable, Sendable {
        /// A PEM file.
        case file(String)
        /// PEM text in the configuration itself.
        case inline(String)

        /// The key that a setting of this form has in the configuration: `cert` or `cert_file`.
        func key(for setting: String) -> String {
            if case .file = self { setting + "_file" } else { setting }
        }

        /// The file that holds the PEM text: its own, or `configuration` for inline text.
        func path(or configuration: String) -> String {
            if case .file(let path) = self { path } else { configuration }
        }
    }

    /// The policy for clients' certificates.
    enum ClientPolicy: String, Hashable, Sendable, CaseIterable {
        case none = "NoClientCert"
        case requested = "RequestClientCert"
        case required = "RequireAnyClientCert"
        case verifiedIfGiven = "VerifyClientCertIfGiven"
        case requiredAndVerified = "RequireAndVerifyClientCert"
    }

    /// A TLS version; the cases are in order, oldest first.
    enum Version: String, Hashable, Sendable, CaseIterable, Comparable {
        case tls10 = "TLS10"
        case tls11 = "TLS11"
        case tls12 = "TLS12"
        case tls13 = "TLS13"

        static func < (left: Version, right: Version) -> Bool { left.rawValue < right.rawValue }
    }

    /// A key exchange curve.
    enum Curve: String, Hashable, Sendable, CaseIterable {
        case p256 = "CurveP256"
        case p384 = "CurveP384"
        case p521 = "CurveP521"
        case x25519 = "X25519"
    }

    /// The server's certificate, followed by the certificates of its chain.
    let certificate: Source
    /// The server's private key.
    let key: Source
    /// The authorities that sign clients' certificates; nil for the system's.
    var clientAuthorities: Source?
    /// The policy for clients' certificates.
    var clientPolicy = ClientPolicy.none
    /// The alternative names of which a client's certificate must have at least one; nil for any.
    var allowedNames: Set<String>?
    /// The oldest version that is accepted.
    var oldest = Version.tls12
    /// The newest version that is accepted.
    var newest = Version.tls13
    /// Cipher suites in order of preference; empty for the defaults.
    var ciphers: [String] = []
    /// Curves in order of preference; empty for the defaults.
    var curves: [Curve] = []
}

extension TLSSettings {
    private static let keys = [
        "cert", "key", "client_ca", "cert_file", "key_file", "client_ca_file", "client_auth_type",
        "client_allowed_sans", "min_version", "max_version", "cipher_suites", "curve_preferences",
        "prefer_server_cipher_suites",
    ]

    /// The suite names that the exporter toolkit accepts; those of TLS 1.3 are always enabled.
    private static let cipherNames: [String] =
        ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"]
        + ["ECDSA", "RSA"].flatMap { kind in
            [
                "AES_128_CBC_SHA", "AES_256_CBC_SHA", "AES_128_GCM_SHA256", "AES_256_GCM_SHA384",
                "CHACHA20_POLY1305_SHA256",
            ].map { "TLS_ECDHE_\(kind)_WITH_\($0)" }
        }
        + ["AES_128_CBC_SHA", "AES_256_CBC_SHA", "AES_128_GCM_SHA256", "AES_256_GCM_SHA384"]
        .map { "TLS_RSA_WITH_\($0)" }

    /// Parses the section; nil if it is empty.
    init?(_ node: ConfigNode, directory: String) throws(ConfigError) {
        let entries = try node.entries(for: "tls_server_config", keys: Self.keys)
        guard !entries.isEmpty else { return nil }
        /// Reads inline PEM text from the key, or a file name from the key with `_file`.
        func source(_ name: String) throws(ConfigError) -> Source? {
            let inline = entries.first { $0.key == name }
            guard let file = entries.first(where: { $0.key == name + "_file" }) else {
                guard let inline else { return nil }
                return .inline(try inline.value.text(for: name))
            }
            if let inline {
                throw ConfigError(
                    inline.position, "\(name) and \(name)_file are both given; remove one")
            }
            let path = try file.value.text(for: file.key)
            return .file(path.hasPrefix("/") ? path : "\(directory)/\(path)")
        }
        func needed(_ name: String) throws(ConfigError) -> Source {
            if let source = try source(name) { return source }
            throw ConfigError(
                node.position,
                "tls_server_config needs \(name)_file; add it, or remove the section for plain HTTP"
            )
        }
        certificate = try needed("cert")
        key = try needed("key")
        clientAuthorities = try source("client_ca")
        for entry in entries { try read(entry) }
        try check(node, entries)
    }

    private mutating func read(_ entry: ConfigEntry) throws(ConfigError) {
        let value = entry.value
        switch entry.key {
        case "client_auth_type":
            // The exporter toolkit's older name for this policy.
            clientPolicy =
                value.content == .text("RequireClientCert")
                ? .required : try Self.named(value, entry.key)
        case "client_allowed_sans":
            allowedNames = Set(try value.texts(for: entry.key).map(\.text))
        case "min_version": oldest = try Self.named(value, entry.key)
        case "max_version": newest = try Self.named(value, entry.key)
        case "cipher_suites":
            for node in try value.sequence(for: entry.key) {
                ciphers.append(try node.word(for: "cipher suite", among: Self.cipherNames))
            }
        case "curve_preferences":
            for node in try value.sequence(for: entry.key) {
                curves.append(try Self.named(node, "curve"))
            }
        case "prefer_server_cipher_suites":
            guard try value.flag(for: entry.key) else {
                throw ConfigError(
                    value.position,
                    "\(entry.key): false is not supported: the server's order always applies; "
                        + "remove the key")
            }
        default: break
        }
    }

    private func check(_ node: ConfigNode, _ entries: [ConfigEntry]) throws(ConfigError) {
        func place(_ key: String) -> ConfigPosition {
            entries.first { $0.key == key }?.position ?? node.position
        }
        if let key = clientAuthorities?.key(for: "client_ca"), clientPolicy == .none {
            throw ConfigError(
                place(key),
                "\(key) without client_auth_type; add client_auth_type: "
                    + ClientPolicy.requiredAndVerified.rawValue)
        }
        if allowedNames != nil, clientPolicy == .none {
            throw ConfigError(
                place("client_allowed_sans"),
                "client_allowed_sans without client_auth_type would accept any client; "
                    + "add client_auth_type: \(ClientPolicy.requiredAndVerified.rawValue)")
        }
        if oldest > newest {
            throw ConfigError(
                place("min_version"),
                "min_version \(oldest.rawValue) is newer than max_version \(newest.rawValue)")
        }
        if !ciphers.isEmpty, olderCiphers.isEmpty, oldest != .tls13 {
            throw ConfigError(
                place("cipher_suites"),
                "cipher_suites has none for TLS 1.2; add one, or write min_version: TLS13")
        }
    }

    /// The suites for TLS 1.2 and older: those configured, or the defaults.
    ///
    /// The defaults use ephemeral keys, so recorded traffic stays secret if the private key leaks.
    var suites: [String] {
        if !olderCiphers.isEmpty { return olderCiphers }
        let usual = ["AES_128_GCM_SHA256", "AES_256_GCM_SHA384", "CHACHA20_POLY1305_SHA256"]
        // The forward-secret suites that TLS 1.0 and 1.1 support.
        let old = oldest < .tls12 ? ["AES_128_CBC_SHA", "AES_256_CBC_SHA"] : []
        return (usual + old).flatMap { ["TLS_ECDHE_ECDSA_WITH_\($0)", "TLS_ECDHE_RSA_WITH_\($0)"] }
    }

    /// The configured suites without those of TLS 1.3, which cannot be chosen.
    var olderCiphers: [String] { ciphers.filter { $0.contains("_WITH_") } }

    private static func named<Value>(
        _ node: ConfigNode, _ what: String
    ) throws(ConfigError) -> Value
    where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
        let words = Value.allCases.map(\.rawValue)
        let word = try node.word(for: what, among: words)
        guard let value = Value(rawValue: word) else { preconditionFailure("\(word) is a case") }
        return value
    }
}
