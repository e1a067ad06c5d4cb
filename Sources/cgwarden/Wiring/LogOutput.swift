import CgroupModel
import KernelIO
import Logging

/// The form of a line of the program's log, as in Prometheus' exporter-toolkit.
enum LogFormat: String, CaseIterable {
    /// `time=2026-11-30T06:28:00.123Z level=info msg="policy reloaded"`.
    case logfmt
    /// One JSON object with the same keys.
    case json
}

/// The program's own log on standard error.
enum LogOutput {
    static func start(_ level: Logger.Level, _ format: LogFormat) {
        let isStamped = !StandardOutput.errorsGoToJournal
        LoggingSystem.bootstrap { _ in
            LogLines(logLevel: level, format: format, isStamped: isStamped)
        }
    }
}

/// Writes each message as a line.
private struct LogLines: LogHandler {
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    let format: LogFormat
    /// Whether a line begins with its time; journald records that itself.
    let isStamped: Bool

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var fields: [(key: String, value: String)] = []
        if isStamped {
            fields.append(("time", CivilTime.rfc3339(MonotonicClock.wallMicroseconds)))
        }
        fields += [("level", "\(event.level)"), ("msg", "\(event.message)")]
        let more = metadata.merging(event.metadata ?? [:]) { $1 }
        fields += more.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") }
        if let error = event.error { fields.append(("error", "\(error)")) }
        StandardOutput.complain(format == .json ? LogText.json(fields) : LogText.logfmt(fields))
    }
}

/// Formats the fields of a line.
enum LogText {
    /// Returns `key=value` for each field; a value is quoted if it is empty or contains a space,
    /// `"` or `=`.
    static func logfmt(_ fields: [(key: String, value: String)]) -> String {
        fields.map { "\($0.key)=\(quoted($0.value.onOneLine))" }.joined(separator: " ")
    }

    /// Returns one JSON object.
    static func json(_ fields: [(key: String, value: String)]) -> String {
        var json = JSONWriter()
        json.object { json in
            for (key, value) in fields {
                json.member(key, value)
            }
        }
        return String(decoding: json.take(), as: UTF8.self)
    }

    private static func quoted(_ value: String) -> String {
        guard value.isEmpty || value.utf8.contains(where: { " \"=".utf8.contains($0) })
        else { return value }
        let inner = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return "\"\(inner)\""
    }
}
