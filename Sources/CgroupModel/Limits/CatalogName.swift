/// The name of a metric, a limit or both, as the user typed it.
///
/// Each row of the two catalogs has one canonical name. Commands and policies also accept its
/// former names, and the name of an interface file that belongs to this row alone. A counter's name
/// with `.rate` means its rate.
package struct CatalogName: Sendable {
    /// The name as typed.
    package let typed: String
    /// The metric; nil for a limit that no metric shows.
    package let metric: Metric?
    /// The limit; nil for a metric that cannot be set.
    ///
    /// Its name differs from that of ``metric`` if v1 has the limit in another unit: `cpu.shares`
    /// is the metric of that name, and sets `cpu.weight`.
    package let limit: Limit?
    /// Whether the name means the rate of the metric, which is a counter.
    package let isRate: Bool
    /// Whether the name is a former one; the name of a kernel file is not.
    package let isFormer: Bool

    /// Looks up a name; nil for an unknown one, and for the name of a group such as `io.max`.
    package init?(_ typed: String) {
        guard let known = Self.index[typed] else { return nil }
        self.typed = typed
        metric = known.metric.map { MetricCatalog[$0] }
        limit = known.limit.map { LimitCatalog.all[$0] }
        isRate = known.isRate
        isFormer = known.isFormer
    }

    /// The canonical name: `memory.current`, `io.wbytes.rate`.
    package var canonical: String {
        let row = metric?.name ?? limit?.name ?? typed
        return isRate ? row + Self.rateSuffix : row
    }

    /// A note with the canonical name for a user who typed a former one; nil for any other name.
    package var note: String? { isFormer ? "\(typed) is an old name; use \(canonical)" : nil }

    /// The encoding of the limit's v1 file with this name; nil if there is no such file.
    ///
    /// A value under the name of a v1 file is in the unit of that file.
    var coding: LimitFile.Coding? { limit?.v1.first { $0.name == typed }?.coding }

    /// The suffix of the rate of a counter: `io.wbytes.rate`.
    package static let rateSuffix = ".rate"

    /// The other names of a metric.
    package static func others(of metric: Metric) -> [String] {
        names { $0.metric == metric.id && !$0.isRate }.filter { $0 != metric.name }
    }

    /// The other names of a limit.
    package static func others(of limit: Limit) -> [String] {
        names { $0.limit.map { LimitCatalog.all[$0].name } == limit.name }
            .filter { $0 != limit.name }
    }
}

extension CatalogName {
    /// Parses a value of the limit in the unit that belongs to the name: shares for `cpu.shares`.
    package func value(_ text: String, host: HostFacts) throws(LimitError) -> LimitValue {
        guard let limit else { throw LimitError(Self.refusal(ofLimit: typed)) }
        guard let coding, let stored = coding.stored(text) else {
            return try limit.grammar.parse(text, host: host)
        }
        if stored == .unlimited { return stored }
        switch coding {
        case .shares, .bfqWeight:
            return coding.value(ofStored: stored) ?? stored
        default: return try limit.grammar.parse(text, host: host)
        }
    }

    /// Returns why a name cannot be set: it is unknown, or names a read-only metric.
    package static func refusal(ofLimit name: String) -> String {
        guard let known = CatalogName(name) else {
            return unknown(name, "limit", "cgwarden set --list") { $0.limit?.name }
        }
        let shown = known.canonical == name ? name : "\(name) is \(known.canonical), which"
        return "\(shown) is read only; `cgwarden set --list` lists what can be set"
    }

    /// Returns why a name is not a metric: it is unknown, or names a write-only limit.
    package static func refusal(ofMetric name: String) -> String {
        if let limit = CatalogName(name)?.limit { return "\(limit.name) is write only" }
        return unknown(name, "field", "cgwarden stat --list-fields") { $0.metric?.name }
    }

    /// Returns the message about a name that is neither a limit nor a metric.
    package static func unknown(_ name: String) -> String {
        unknown(name, "limit or field", "cgwarden stat --list-fields") { $0.canonical }
    }

    /// Returns the message about an unknown name, with similar names in their canonical form.
    ///
    /// A setting of systemd suggests the limit that it sets, and `mem.max` suggests `memory.max`.
    /// If the name is a prefix of other names, those are suggested instead.
    private static func unknown(
        _ name: String, _ what: String, _ command: String, row: (CatalogName) -> String?
    ) -> String {
        let rows = MetricCatalog.all.map(\.name) + LimitCatalog.all.map(\.name)
        let meant = LimitCatalog.limit(ofUnitSetting: name)?.name ?? habitual(name)
        var similar = [CatalogName(meant).flatMap(row)].compactMap(\.self)
        let longer = similar.isEmpty && !name.isEmpty ? rows.filter { $0.hasPrefix(name) } : []
        for longer in longer {
            guard let row = CatalogName(longer).flatMap(row), !similar.contains(row) else {
                continue
            }
            similar.append(row)
        }
        if similar.isEmpty {
            let names = index.filter { !$1.isRate }.keys.filter {
                CatalogName($0).flatMap(row) != nil
            }
            for near in Spelling.names(like: name, among: Array(names), most: 12) {
                guard let row = CatalogName(near).flatMap(row), !similar.contains(row) else {
                    continue
                }
                similar.append(row)
            }
        }
        let hint =
            similar.isEmpty
            ? "`\(command)` lists the names"
            : Spelling.question(Array(similar.prefix(3)))
        return "unknown \(what) \(name.onOneLine); \(hint)"
    }
}

extension CatalogName {
    /// The name that people mean by `mem.max`, `memory.limit` and the like.
    private static func habitual(_ name: String) -> String {
        let whole = name.hasPrefix("mem.") ? "memory." + name.dropFirst("mem.".count) : name
        let end = ".limit"
        return whole.hasSuffix(end) ? whole.dropLast(end.count) + ".max" : whole
    }
}

extension CatalogName {
    /// Resolves the name of one page size to its row: `hugetlb.2MB.current` is 2MB of
    /// `hugetlb.current`; nil for any other name.
    package static func ofPageSize(_ typed: String) -> (name: CatalogName, size: String)? {
        let parts = typed.split(separator: ".", maxSplits: 2).map(String.init)
        guard parts.count == 3, parts[0] == "hugetlb", parts[1].first?.isNumber == true else {
            return nil
        }
        let file = "hugetlb.*.\(parts[2])"
        let row = MetricCatalog.all.first { row in
            row.dimension == .pageSize
                && (row.name == "hugetlb.\(parts[2])"
                    || [row.v2, row.v1].contains { $0?.file == file })
        }
        return row.flatMap { CatalogName($0.name) }.map { ($0, parts[1]) }
    }
}

extension CatalogName {
    /// The meaning of a name: indices into the catalogs.
    private struct Entry {
        var metric: MetricID?
        var limit: Int?
        var isRate = false
        var isFormer = false
    }

    /// All names; a canonical name takes precedence over a former one, and both over a file's name.
    private static let index: [String: Entry] = {
        var index: [String: Entry] = [:]
        let limits = Array(LimitCatalog.all.enumerated())
        for metric in MetricCatalog.all { index[metric.name, default: Entry()].metric = metric.id }
        for (place, limit) in limits { index[limit.name, default: Entry()].limit = place }
        let canonical = index
        func add(_ name: String, _ entry: Entry) {
            if index[name] == nil { index[name] = entry }
        }
        for metric in MetricCatalog.all {
            var former = canonical[metric.name] ?? Entry()
            former.isFormer = true
            for alias in metric.aliases { add(alias, former) }
            guard metric.kind == .counter else { continue }
            add(metric.name + rateSuffix, Entry(metric: metric.id, isRate: true))
            for alias in metric.rateAliases {
                add(alias, Entry(metric: metric.id, isRate: true, isFormer: true))
            }
        }
        for (_, limit) in limits {
            var former = canonical[limit.name] ?? Entry()
            former.isFormer = true
            for alias in limit.aliases { add(alias, former) }
        }
        for (file, entry) in files where index[file] == nil { index[file] = entry }
        // A v1 file with a metric of its own, in another unit, also sets the limit.
        for (place, limit) in limits {
            for file in limit.v1 where index[file.name]?.limit == nil {
                index[file.name]?.limit = place
            }
        }
        return index
    }()

    /// The interface files that only one metric, or one limit, is read from.
    private static var files: [String: Entry] {
        var metrics: [String: Set<MetricID>] = [:]
        for metric in MetricCatalog.all {
            for source in [metric.v2, metric.v1].compactMap(\.self) {
                metrics[source.file, default: []].insert(metric.id)
            }
        }
        let limits = Dictionary(
            LimitCatalog.all.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { $1 })
        var files: [String: Entry] = [:]
        for (file, rows) in metrics where rows.count == 1 && !file.contains("*") {
            guard let id = rows.first else { continue }
            files[file] = Entry(metric: id, limit: limits[MetricCatalog[id].name])
        }
        return files
    }

    private static func names(_ isWanted: (Entry) -> Bool) -> [String] {
        index.filter { isWanted($1) }.keys.sorted()
    }
}
