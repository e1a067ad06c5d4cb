import CgroupModel
import PolicyLanguage

/// Encodes audit records as JSON Lines; live, dry run and back-test write the same bytes.
///
/// The order of keys is fixed, absent fields are omitted, and numbers have a fixed number of
/// decimals.
package enum AuditLine {
    /// Appends the line with its newline; the cost depends on the length of the line only.
    package static func append(_ record: AuditRecord, to bytes: inout [UInt8]) {
        var line = JSONObject()
        line.number("t", microseconds: record.wallTime)
        line.number("seq", record.sequence)
        line.text("phase", record.phase.rawValue)
        line.origin(record.origin)
        if let target = record.target {
            line.text("cgroup", target.path.text)
            line.number("inode", target.cgroup.inode)
        }
        if let effect = record.effect { line.number("effect", effect) }
        line.text("action", record.action)
        if !record.changes.isEmpty {
            line.list("changes", record.changes) { object, change in
                object.text("key", change.key.description)
                object.text("file", change.file)
                object.text("before", change.before)
                object.text("wanted", change.wanted)
                object.text("after", change.after)
            }
        }
        if let outcome = record.outcome { line.outcome(outcome) }
        line.text("note", record.note)
        if let cause = record.cause {
            line.text("cause", cause.text)
            if !cause.evidence.isEmpty {
                line.list("evidence", cause.evidence) { object, evidence in
                    object.text("term", evidence.term)
                    object.text("value", evidence.value)
                    object.raw("coverage", evidence.coverage?.fixedText)
                }
            }
        }
        line.raw("dry_run", record.isDryRun ? "true" : "false")
        bytes += line.closed()
        bytes.append(UInt8(ascii: "\n"))
    }

    /// The line with its newline.
    package static func bytes(_ record: AuditRecord) -> [UInt8] {
        var bytes: [UInt8] = []
        append(record, to: &bytes)
        return bytes
    }
}

/// Builds one JSON object, member by member.
private struct JSONObject {
    private var bytes = [UInt8(ascii: "{")]
    private var isFirst = true

    func closed() -> [UInt8] { bytes + [UInt8(ascii: "}")] }

    mutating func raw(_ key: String, _ value: String?) {
        guard let value else { return }
        self.key(key)
        bytes += value.utf8
    }

    mutating func number(_ key: String, _ value: UInt64) { raw(key, "\(value)") }

    /// Seconds with six decimals.
    mutating func number(_ key: String, microseconds: UInt64) {
        let rest = String(1_000_000 + microseconds % 1_000_000).dropFirst()
        raw(key, "\(microseconds / 1_000_000).\(rest)")
    }

    mutating func text(_ key: String, _ value: String?) {
        guard let value else { return }
        self.key(key)
        bytes.append(quoted: value)
    }

    mutating func list<Element>(
        _ key: String, _ elements: [Element], _ member: (inout JSONObject, Element) -> Void
    ) {
        self.key(key)
        bytes.append(UInt8(ascii: "["))
        for (index, element) in elements.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            var object = JSONObject()
            member(&object, element)
            bytes += object.closed()
        }
        bytes.append(UInt8(ascii: "]"))
    }

    mutating func origin(_ origin: Effect.Origin) {
        switch origin {
        case .limits(let group, let index):
            text("limits", group)
            number("index", UInt64(index))
        case .pool(let name): text("pool", name)
        case .autosize(let name): text("autosize", name)
        case .rule(let name): text("rule", name)
        case .guarding(let name): text("guard", name)
        case .engine: break
        }
    }

    mutating func outcome(_ outcome: EffectResult.Outcome) {
        switch outcome {
        case .done: text("result", "done")
        case .partial(let reason): why("partial", reason)
        case .ineffective(let reason): why("ineffective", reason)
        case .vetoed(let reason): why("vetoed", reason)
        case .rolledBack(let failure): why("rolled_back", failure.message, failure.errno?.name)
        case .halfway(let failure): why("halfway", failure.message, failure.errno?.name)
        case .gone: text("result", "gone")
        case .failed(let failure): why("failed", failure.message, failure.errno?.name)
        case .hung: text("result", "hung")
        case .skipped: text("result", "skipped")
        }
    }

    private mutating func why(_ result: String, _ reason: String, _ errno: String? = nil) {
        text("result", result)
        text("errno", errno)
        text("reason", reason)
    }

    private mutating func key(_ key: String) {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        isFirst = false
        bytes.append(quoted: key)
        bytes.append(UInt8(ascii: ":"))
    }
}
