package import CgroupModel
package import Configuration

/// The contents of a policy file.
package struct PolicyFile: Sendable {
    /// The name in messages.
    package var name: String
    /// Its bytes, or the error.
    package var content: Result<[UInt8], ConfigError>

    package init(name: String, content: Result<[UInt8], ConfigError>) {
        self.name = name
        self.content = content
    }

    /// Creates a file from bytes.
    package init(name: String, bytes: [UInt8]) { self.init(name: name, content: .success(bytes)) }
}

/// The result of loading: the policy and all findings.
package struct PolicyLoad: Sendable {
    /// The policy; nil if there is any error.
    package var document: PolicyDocument?
    /// The findings, sorted by file in loading order, then by line and column.
    package var findings: [PolicyFinding]

    /// Whether the files are rejected.
    package var isRefused: Bool { document == nil }
}

/// Loads a policy: parses, merges, types and lints files, and reports all findings together.
package struct PolicyLoader: Sendable {
    private let host: HostFacts
    private let mode: HierarchyMode
    private let legacyControllers: Set<Controller>?

    /// Creates a loader for this host, or for another one of the given mode.
    ///
    /// `legacyControllers` are the v1 controllers of a hybrid host; nil for an unknown one,
    /// which may have either version of each.
    package init(
        host: HostFacts, mode: HierarchyMode, legacyControllers: Set<Controller>? = nil
    ) {
        self.host = host
        self.mode = mode
        self.legacyControllers = legacyControllers
    }

    /// Loads files in the given order, which for a drop-in directory is the byte order of the
    /// names.
    package func load(_ files: [PolicyFile]) -> PolicyLoad {
        var reader = PolicyReader(
            host: host, mode: mode, legacyControllers: legacyControllers)
        var merge = PolicyMerge()
        for file in files {
            do throws(ConfigError) {
                let bytes = try file.content.get()
                reader.sources[file.name] = SourceText(bytes)
                merge.add(try ConfigLoader.load(bytes, file: file.name), &reader)
            } catch {
                let isUnread = if case .failure = file.content { true } else { false }
                reader.note(isUnread ? .file : .yaml, error.position, error.message)
            }
        }
        let document = reader.document(merge)
        reader.noteUnused(merge)
        reader.noteUncounted(document)
        var linter = PolicyLinter(
            document: document, places: reader.places, host: host,
            isMemoryLegacy: isMemoryLegacy)
        linter.lint()
        let order = Dictionary(
            files.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        let findings = Self.unique(reader.findings + linter.findings).sorted {
            let (left, right) = ($0.error.position, $1.error.position)
            return (order[left.file] ?? 0, left.line, left.column, $0.error.message)
                < (order[right.file] ?? 0, right.line, right.column, $1.error.message)
        }
        let isRefused = findings.contains { $0.severity == .error }
        return PolicyLoad(document: isRefused ? nil : document, findings: findings)
    }

    /// Whether memory is on v1; nil if unknown.
    private var isMemoryLegacy: Bool? {
        switch mode {
        case .v1: true
        case .v2: false
        case .hybrid: legacyControllers?.contains(.memory)
        }
    }

    private static func unique(_ findings: [PolicyFinding]) -> [PolicyFinding] {
        var seen: Set<PolicyFinding> = []
        return findings.filter { seen.insert($0).inserted }
    }
}

extension PolicyReader {
    /// Warns of parts that are never used.
    mutating func noteUnused(_ merge: PolicyMerge) {
        for kind in ReferenceKind.allCases {
            for item in merge.items["\(kind.rawValue)s"] ?? []
            where item.name != "reserved" && !used.contains("\(kind.rawValue)s/\(item.name)") {
                note(.unused, item.position, "\(kind.rawValue) '\(item.name)' is not used")
            }
        }
    }

    /// Converts the merged files to a typed document.
    mutating func document(_ merge: PolicyMerge) -> PolicyDocument {
        func named(_ section: String) -> [PolicyItem] { merge.items[section] ?? [] }
        names = [
            .group: named("groups").map(\.name), .hook: named("hooks").map(\.name),
            .pool: named("pools").map(\.name).filter { $0 != "reserved" },
            .sink: ["journald"] + named("sinks").map(\.name).filter { $0 != "journald" },
        ]
        if let node = merge.table("defaults") { readDefaults(node) }
        var document = PolicyDocument()
        document.defaults = defaults
        if let node = merge.table("budgets") { document.budgets = budgets(node) }
        document.protection = protection(
            merge.elements["protect"] ?? [], merge.elements["protect_override"] ?? [])
        document.protection.allowsKubelet = defaults.allowsKubelet
        document.groups = named("groups").compactMap { group($0) }
        for item in named("pools") {
            if item.name == "reserved" {
                document.reservedCPUs = reserved(item)
            } else if let pool = pool(item) {
                document.pools.append(pool)
            }
        }
        document.hooks = named("hooks").compactMap { hook($0) }
        document.sinks = named("sinks").compactMap { sink($0) }
        for (index, node) in (merge.elements["limits"] ?? []).enumerated() {
            if let limits = limits(node, index: index) { document.limits.append(limits) }
        }
        document.rules = named("rules").compactMap { rule($0) }
        document.guards = named("guards").compactMap { oomGuard($0) }
        document.autosizers = named("autosize").compactMap { autosizer($0) }
        return document
    }
}
