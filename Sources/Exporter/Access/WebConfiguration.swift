internal import CgroupModel
internal import Configuration
internal import KernelIO

/// The web configuration file, in the format of the Prometheus exporter toolkit.
struct WebConfiguration: Hashable, Sendable {
    /// The limit on the rate of requests.
    struct RateLimit: Hashable, Sendable {
        /// The interval after which one more request is allowed.
        var interval: Duration
        /// The number of requests that may arrive at once.
        var burst: Int
    }

    /// The TLS settings; nil for plain HTTP.
    var tls: TLSSettings?
    /// Headers added to every response, by name.
    var headers: [String: String] = [:]
    /// Password hashes by user name; empty if everyone may read.
    var users: [String: PasswordHash] = [:]
    /// The rate limit; nil for none.
    var rateLimit: RateLimit?

    /// Allows everyone over plain HTTP.
    init() {}

    /// Parses the file's text; throws at the first error.
    ///
    /// Paths are relative to `directory`.
    init(_ bytes: [UInt8], file: String, directory: String) throws(ConfigError) {
        let root = try ConfigLoader.load(bytes, file: file)
        let keys = ["tls_server_config", "http_server_config", "basic_auth_users", "rate_limit"]
        for entry in try root.entries(for: "the web configuration", keys: keys) {
            switch entry.key {
            case "tls_server_config":
                tls = try TLSSettings(entry.value, directory: directory)
            case "http_server_config": try readServer(entry.value)
            case "basic_auth_users": try readUsers(entry.value)
            default: try readRateLimit(entry.value)
            }
        }
    }

    /// The headers that the exporter toolkit allows, with their permitted values; an empty list
    /// permits any.
    private static let allowedHeaders: [(name: String, values: [String])] = [
        ("Content-Security-Policy", []), ("Strict-Transport-Security", []),
        ("X-Content-Type-Options", ["nosniff"]), ("X-Frame-Options", ["deny", "sameorigin"]),
        ("X-XSS-Protection", []),
    ]

    private mutating func readServer(_ node: ConfigNode) throws(ConfigError) {
        for entry in try node.entries(for: "http_server_config", keys: ["http2", "headers"]) {
            guard entry.key == "headers" else {
                if try entry.value.flag(for: "http2") {
                    throw ConfigError(
                        entry.value.position,
                        "http2: true is not supported; write false or remove the key")
                }
                continue
            }
            let names = Self.allowedHeaders.map(\.name)
            for header in try entry.value.entries(for: "headers", keys: names) {
                let values = Self.allowedHeaders.first { $0.name == header.key }?.values ?? []
                let value =
                    values.isEmpty
                    ? try header.value.optionalText(for: header.key)
                    : try header.value.word(for: header.key, among: values)
                guard value.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7f })
                else {
                    throw ConfigError(
                        header.value.position, "\(header.key) must be one line of plain text")
                }
                if !value.isEmpty { headers[header.key] = value }
            }
        }
    }

    private mutating func readUsers(_ node: ConfigNode) throws(ConfigError) {
        guard !node.isEmpty else { return }
        for entry in try node.mapping(for: "basic_auth_users") {
            guard !entry.key.contains(":") else {
                throw ConfigError(entry.position, "a user's name cannot contain a colon")
            }
            // The value is a secret, so the message does not repeat it.
            guard let hash = PasswordHash(try entry.value.text(for: "the password's hash")) else {
                throw ConfigError(
                    entry.value.position,
                    "not a bcrypt hash ($2y$, $2b$ or $2a$); make one with htpasswd -nBC 10 NAME")
            }
            users[entry.key] = hash
        }
    }

    private mutating func readRateLimit(_ node: ConfigNode) throws(ConfigError) {
        var limit = RateLimit(interval: .zero, burst: 0)
        for entry in try node.entries(for: "rate_limit", keys: ["interval", "burst"]) {
            let what = "rate_limit.\(entry.key)"
            let text = try entry.value.text(for: what)
            if entry.key == "interval" {
                guard let interval = GoDuration.parse(text) else {
                    throw ConfigError(entry.value.position, "\(what) must be a time: 1s, 200ms")
                }
                limit.interval = interval
            } else {
                guard let burst = Int(digits: text) else {
                    throw ConfigError(
                        entry.value.position, "\(what) must be a number of requests: 5")
                }
                limit.burst = burst
            }
        }
        guard limit.interval > .zero else { return }
        guard limit.burst > 0 else {
            throw ConfigError(
                node.position,
                "rate_limit.burst is 0, which would refuse every request; write burst: 5"
            )
        }
        rateLimit = limit
    }
}
