import ArgumentParser
import Logging

/// The options of the log, as in Prometheus' exporter-toolkit.
struct LogOptions: ParsableArguments {
    @Option(
        name: [.customLong("log.level"), .customLong("log-level")],
        help: ArgumentHelp("Log level: debug, info, warn or error.", valueName: "level"),
        completion: .words(["debug", "info", "warn", "error"]), transform: LogOptions.level)
    var level: Logger.Level?
    @Option(
        name: .customLong("log.format"),
        help: ArgumentHelp("Log format: logfmt (default) or json.", valueName: "format"),
        completion: .words(LogFormat.allCases.map(\.rawValue)), transform: LogOptions.format)
    var format: LogFormat?

    /// Parses a level: Prometheus writes `warn`, `cgwarden.yaml` accepts `warning`, too.
    static func level(named word: String) -> Logger.Level? {
        word == "warn" ? .warning : Logger.Level(rawValue: word)
    }

    @Sendable private static func level(_ text: String) throws -> Logger.Level {
        guard let level = level(named: text) else {
            throw ValidationError(
                unknown: "log level", text, among: ["debug", "info", "warn", "error"])
        }
        return level
    }

    @Sendable private static func format(_ text: String) throws -> LogFormat {
        guard let format = LogFormat(rawValue: text) else {
            throw ValidationError(
                unknown: "log format", text, among: LogFormat.allCases.map(\.rawValue))
        }
        return format
    }
}
