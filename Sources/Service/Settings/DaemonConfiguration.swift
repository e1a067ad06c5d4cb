package import CgroupModel
import Configuration
import Reports

/// The contents of `cgwarden.yaml`; every key has a default, and command-line options override it.
package struct DaemonConfiguration: Hashable {
    /// The section `audit`.
    package struct Audit: Hashable {
        /// The file; empty for none.
        package var file = "/var/log/cgwarden/audit.jsonl"
        /// The size in bytes that triggers a rotation of the file.
        var largestFile: UInt64 = 64 << 20
        /// The number of rotated files to keep.
        var kept = 8
        /// Whether to copy the lines to journald.
        var usesJournald = true
    }

    /// The section `events`.
    struct Events: Hashable {
        /// The journal on disk; empty for none, nil for the usual one in the state directory.
        var journal: String?
        /// The largest size of the journal in bytes; the oldest part is removed first.
        var largestJournal: UInt64 = 16 << 20
        /// The greatest age of its events.
        var longest = Duration.seconds(7 * 86400)
    }

    /// The interval between ticks; nil for the policy's own.
    var interval: Duration?
    /// The files and directories of policies.
    package var policies = ["/etc/cgwarden/policy.d"]
    /// The directory of the undo journal, the holds and the control socket; nil for the default.
    package var stateDirectory: String?
    /// The settings of the HTTP server.
    package var web = WebSettings()
    /// The metrics to export.
    package var metrics = ExportSelection()
    /// The log level.
    package var logLevel = "info"
    /// The format of log lines.
    package var logFormat = "logfmt"
    /// Whether to log decisions without acting on them.
    package var isDryRun = false
    /// The section `audit`.
    package var audit = Audit()
    /// The section `history`.
    package var history = HistorySettings()
    var events = Events()

    /// Creates the configuration of a host without the file.
    init() {}

    private static let keys = [
        "interval", "policy", "state_dir", "web", "metrics", "log_level", "log_format",
        "dry_run", "audit", "history", "events",
    ]

    /// Parses the file's text; throws at the first error.
    init(_ bytes: [UInt8], file: String) throws(ConfigError) {
        let root = try ConfigLoader.load(bytes, file: file)
        for entry in try root.mapping(for: "the configuration", keys: Self.keys) {
            let value = entry.value
            switch entry.key {
            case "interval": interval = try value.time(for: "interval", from: .milliseconds(100))
            case "policy": policies = try value.texts(for: "policy")
            case "state_dir": stateDirectory = try value.absolutePath(for: "state_dir")
            case "log_level":
                logLevel = try value.word(
                    for: "log_level", among: ["debug", "info", "warning", "warn", "error"])
            case "log_format":
                logFormat = try value.word(for: "log_format", among: ["logfmt", "json"])
            case "dry_run": isDryRun = try value.flag(for: "dry_run")
            case "web": try web.read(value)
            case "metrics": try metrics.read(value)
            case "audit": try audit.read(value)
            case "events": try events.read(value)
            default: try history.read(value)
            }
        }
    }
}

extension WebSettings {
    fileprivate mutating func read(_ node: ConfigNode) throws(ConfigError) {
        let keys = [
            "listen_address", "telemetry_path", "config_file", "systemd_socket", "max_requests",
            "allowed_hosts", "max_streams", "max_connections", "disable_exporter_metrics",
        ]
        for entry in try node.mapping(for: "web", keys: keys) {
            let what = "web.\(entry.key)"
            switch entry.key {
            case "listen_address":
                addresses = try entry.value.optionalTexts(for: what, Self.objection(toAddress:))
            case "telemetry_path": telemetryPath = try entry.value.absolutePath(for: what)
            case "config_file": configurationFile = try entry.value.optionalPath(for: what)
            case "systemd_socket": usesPassedSockets = try entry.value.flag(for: what)
            case "max_requests": mostRequests = try entry.value.count(for: what, upTo: 100_000)
            case "allowed_hosts":
                allowedHosts = try entry.value.optionalTexts(for: what, Self.objection(toHost:))
            case "max_streams": mostStreams = try entry.value.count(for: what, upTo: 100_000)
            case "max_connections":
                mostConnections = try entry.value.count(for: what, from: 1, upTo: 100_000)
            default: omitsOwnMetrics = try entry.value.flag(for: what)
            }
        }
    }
}

extension DaemonConfiguration.Audit {
    fileprivate mutating func read(_ node: ConfigNode) throws(ConfigError) {
        let keys = ["file", "max_size", "keep", "journald"]
        for entry in try node.mapping(for: "audit", keys: keys) {
            switch entry.key {
            case "file": file = try entry.value.optionalPath(for: "audit.file")
            case "max_size": largestFile = try entry.value.bytes(for: "audit.max_size")
            case "keep": kept = try entry.value.count(for: "audit.keep", upTo: 1000)
            default: usesJournald = try entry.value.flag(for: "audit.journald")
            }
        }
    }
}

extension DaemonConfiguration.Events {
    fileprivate mutating func read(_ node: ConfigNode) throws(ConfigError) {
        for entry in try node.mapping(for: "events", keys: ["journal", "max_size", "max_age"]) {
            switch entry.key {
            case "journal": journal = try entry.value.optionalPath(for: "events.journal")
            case "max_size": largestJournal = try entry.value.bytes(for: "events.max_size")
            default: longest = try entry.value.time(for: "events.max_age", from: .seconds(60))
            }
        }
    }

    /// The file; nil for none.
    func path(in stateDirectory: String) -> String? {
        guard let journal else { return "\(stateDirectory)/events" }
        return journal.isEmpty ? nil : journal
    }
}

extension ConfigNode {
    func flag(for what: String) throws(ConfigError) -> Bool {
        try word(for: what, among: ["true", "false"]) == "true"
    }

    func time(for what: String, from least: Duration) throws(ConfigError) -> Duration {
        let text = try text(for: what)
        guard let interval = Interval(argument: text), text.last?.isLetter == true,
            interval.duration >= least
        else {
            throw ConfigError(
                position, "\(what) must be a time with its unit, at least \(least.shortText)")
        }
        return interval.duration
    }

    func bytes(for what: String) throws(ConfigError) -> UInt64 {
        let text = try text(for: what)
        guard let amount = ByteAmount(argument: text), text.last == "B" else {
            throw ConfigError(position, "\(what) must be an amount with its unit, such as 64MiB")
        }
        return amount.bytes
    }

    func count(
        for what: String, from least: Int = 0, upTo most: Int
    ) throws(ConfigError) -> Int {
        guard let number = Int(try text(for: what)), (least...most).contains(number) else {
            throw ConfigError(position, "\(what) must be a number from \(least) to \(most)")
        }
        return number
    }

    /// A text that may be empty (`""`).
    fileprivate func optionalText(for what: String) throws(ConfigError) -> String {
        if case .text("") = content { return "" }
        return try text(for: what)
    }

    /// A text or a list of texts, without objections to one; an empty text gives an empty list.
    fileprivate func optionalTexts(
        for what: String, _ objection: (String) -> String?
    ) throws(ConfigError) -> [String] {
        var nodes = [self]
        if case .sequence(let elements) = content {
            nodes = elements
        } else if try optionalText(for: what).isEmpty {
            return []
        }
        var texts: [String] = []
        for node in nodes {
            let text = try node.text(for: what)
            if let objection = objection(text) {
                throw ConfigError(node.position, "\(what): \(objection)")
            }
            texts.append(text)
        }
        return texts
    }

    func optionalPath(for what: String) throws(ConfigError) -> String {
        let path = try optionalText(for: what)
        return path.isEmpty ? path : try absolutePath(for: what)
    }

    fileprivate func absolutePath(for what: String) throws(ConfigError) -> String {
        let path = try text(for: what)
        guard path.hasPrefix("/") else {
            throw ConfigError(position, "\(what) must be an absolute path; begin it with /")
        }
        return path
    }

    fileprivate func texts(for what: String) throws(ConfigError) -> [String] {
        if case .text = content { return [try absolutePath(for: what)] }
        var paths: [String] = []
        for node in try sequence(for: what) { paths.append(try node.absolutePath(for: what)) }
        return paths
    }
}
