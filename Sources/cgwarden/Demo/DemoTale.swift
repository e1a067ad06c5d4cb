import CgroupModel
import Configuration
import KernelIO

/// Turns the audit log of a demo into sentences.
struct DemoTale: ~Copyable {
    /// Kept open, because the last lines are read after the file is removed.
    private let file: RegularFile
    private let start = Double(MonotonicClock.wallMicroseconds) / 1e6
    private var printed = 0

    init(_ path: String) throws { file = try RegularFile(path) }

    /// Returns a line for each action since the last call.
    mutating func news() -> [String] {
        guard let bytes = try? file.allNow() else { return [] }
        // The last line may be incomplete.
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .dropLast()
        defer { printed = lines.count }
        return lines.dropFirst(printed).compactMap { sentence(Array($0)) }
    }

    private func sentence(_ line: [UInt8]) -> String? {
        // A line of JSON is also a YAML document.
        guard let record = try? ConfigLoader.load(line, file: "audit.jsonl"),
            let cgroup = record.text("cgroup"), let what = deed(record),
            let time = record.text("t").flatMap(Double.init)
        else { return nil }
        let at = DecimalText.fixed(max(time - start, 0), places: 1)
        let name = cgroup.split(separator: "/").last.map(String.init) ?? cgroup
        let by = record.text("rule") ?? record.text("guard") ?? "standing limit"
        return "\(padded(at, 6, right: true)) s  \(padded(name, 9)) \(padded(by, 15)) \(what)"
    }

    /// Describes the decision, or the action of a guard, because guards act before they log.
    private func deed(_ record: ConfigNode) -> String? {
        guard let action = record.text("action") else { return nil }
        switch record.text("phase") {
        case "plan":
            let wanted = record.text("note").map { action == "set" ? $0 : "\(action) \($0)" }
            return (wanted ?? action) + why(record)
        case "undo" where record.text("result") == nil:
            guard let note = record.text("note") else { return action }
            return action == "restore" ? "\(note) restored" : note
        case "apply" where record.text("guard") != nil: return Self.guardDeeds[action]
        default: return nil
        }
    }

    private static let guardDeeds = [
        "arm": "watches its memory", "set": "sets memory.max",
        "freeze": "frozen just below its limit",
        "thaw": "thawed: it has room again", "kill": "killed",
        "oom-killer-on": "the OOM killer is enabled again",
    ]

    private func why(_ record: ConfigNode) -> String {
        guard record.text("rule") != nil, let term = record.elements("evidence").first,
            let name = term.text("term"), let value = term.text("value")
        else { return "" }
        return ", because \(name) is \(value)"
    }

    private func padded(_ text: String, _ width: Int, right: Bool = false) -> String {
        let blanks = String(repeating: " ", count: max(0, width - text.count))
        return right ? blanks + text : text + blanks
    }
}

extension ConfigNode {
    private subscript(key: String) -> ConfigNode? {
        guard case .mapping(let entries) = content else { return nil }
        return entries.first { $0.key == key }?.value
    }

    fileprivate func text(_ key: String) -> String? {
        if case .text(let text) = self[key]?.content { text } else { nil }
    }

    fileprivate func elements(_ key: String) -> [ConfigNode] {
        if case .sequence(let nodes) = self[key]?.content { nodes } else { [] }
    }
}
