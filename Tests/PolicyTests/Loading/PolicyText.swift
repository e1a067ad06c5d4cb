import CgroupModel
import Configuration

@testable import PolicyLanguage

/// Loads policies from text.
enum PolicyText {
    static let host = HostFacts(
        memoryBytes: 64 << 30, cpus: RangeList(0..<8),
        nodes: [0: RangeList([0, 1, 4, 5]), 1: RangeList([2, 3, 6, 7])])

    static func load(
        _ files: [(String, String)], mode: HierarchyMode = .hybrid, host: HostFacts = host
    ) -> PolicyLoad {
        PolicyLoader(host: host, mode: mode).load(
            files.map { PolicyFile(name: $0.0, bytes: Array($0.1.utf8)) })
    }

    static func load(
        _ text: String, mode: HierarchyMode = .hybrid, host: HostFacts = host
    ) -> PolicyLoad {
        load([("p.yaml", text)], mode: mode, host: host)
    }

    /// All findings as lines.
    static func findings(_ text: String, mode: HierarchyMode = .hybrid) -> [String] {
        load(text, mode: mode).findings.map(\.description)
    }

    /// A policy with one group `g`, and what else is given.
    static func with(_ rest: String) -> String {
        "apiVersion: cgwarden/v1\ngroups: {g: {path: /g}}\n\(rest)\n"
    }

    /// A policy with one rule, whose keys are given one a line.
    static func rule(_ keys: String...) -> String {
        with("rules:\n  - name: r\n    on: g\n" + keys.map { "    \($0)\n" }.joined())
    }
}
